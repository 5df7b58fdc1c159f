import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";

/** A request that the server has received. */
export interface ReceivedRequest {
  /** Method and path, such as `POST /v1/batches`. */
  call: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Length of the body. */
  bytes: number;
  /** SHA-256 of the body, in base64. */
  digest: string;
  /** Ids of the files in it. */
  files: readonly number[];
}

/**
 * A response, `cut` to break the connection, or `silent` for no response. `isForeign`: a system in
 * between responds, in HTML.
 */
export type ScriptedResponse =
  | { status?: number; headers?: Record<string, string>; body?: unknown; isForeign?: true }
  | "cut"
  | "silent";

/** Returns the response to a request. */
export type Script = (request: ReceivedRequest) => ScriptedResponse | Promise<ScriptedResponse>;

/** An HTTP server that responds as a test says, for faults that a good server doesn't show. */
export class ScriptedServer {
  /** All requests except those for `/v1/health`. */
  readonly received: ReceivedRequest[] = [];
  /** The response to `GET /v1/health`, by which a client finds out whether the server can be reached. */
  health: ScriptedResponse = { body: { ok: true } };
  /** Number of requests for `/v1/health`. */
  checks = 0;
  readonly #server: Server;
  readonly #pending = new Set<ServerResponse>();

  private constructor(script: Script) {
    this.#server = createServer(
      (request, response) => void this.#respond(script, request, response),
    );
  }

  /** @param port 0 for any; `freePort()` for a server that will be restarted */
  static async start(script: Script, port = 0): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    server.#server.listen(port, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string")
      throw new Error("The server isn't listening.");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Number of requests without a response that are still connected. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Returns the requests whose method and path start with `start`. */
  calls(start: string): readonly ReceivedRequest[] {
    return this.received.filter(({ call }) => call.startsWith(start));
  }

  /** Ids of the files whose content was received, ascending. */
  get sent(): readonly number[] {
    const uploads = this.received.filter(({ call }) => /PUT|bundle/u.test(call));
    return uploads.flatMap(({ files }) => files).toSorted((a, b) => a - b);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #respond(
    script: Script,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { method = "", url = "", headers } = request;
    this.#pending.add(response);
    response.once("close", () => this.#pending.delete(response));
    const sent = await buffer(request).catch(() => Buffer.alloc(0));
    const body = sent.toString();
    const digest = createHash("sha256").update(sent).digest("base64");
    const call = { call: `${method} ${url}`, headers, files: filesIn(url, body) };
    const received = { ...call, body, bytes: sent.length, digest };
    const isHealth = url === "/v1/health";
    if (isHealth) this.checks++;
    else this.received.push(received);
    const scripted = isHealth ? this.health : await script(received);
    if (scripted === "cut") return void request.socket.destroy();
    if (scripted === "silent") return;
    const { status = 200, headers: own, body: content, isForeign = false } = scripted;
    if (isForeign) return void response.writeHead(status, own).end("<h1>Not the server</h1>");
    response
      .writeHead(status, { "Tallyman-Version": "1.0.0", ...own })
      .end(JSON.stringify(content));
  }
}

function filesIn(url: string, body: string): number[] {
  const single = /\/files\/(\d+)(?:$|[/?])/u.exec(url);
  if (single) return [Number(single[1])];
  return Array.from(body.matchAll(/; name="(\d+)"/gu), ([, id]) => Number(id));
}

/** Returns the response to a request whose files were all stored. */
export function stored({ call, files }: ReceivedRequest): ScriptedResponse {
  const [id = 0] = files;
  if (call.startsWith("PUT")) return { body: storedFile(id) };
  return { body: { rev: 5, files: files.map(storedFile) } };
}

export function storedFile(id: number) {
  return { id, name: "", size: 1, state: "completed", progress: 100, receivedBytes: 1 };
}
