import { createHash } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";

/** A request as a test sees it. */
export interface Received {
  /** Method and path, such as `POST /v1/batches`. */
  call: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Length of the body. */
  bytes: number;
  /** SHA-256 of the body, in base64. */
  digest: string;
  /** Ids of the files that it carries. */
  files: readonly number[];
}

/** What to answer; `cut` breaks the connection instead. */
export type Scripted =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  | "cut";

/** What to answer to each request. */
export type Script = (request: Received) => Scripted | Promise<Scripted>;

/** A real HTTP server that answers as the test says, for faults that a good server does not show. */
export class ScriptedServer {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #pending = new Set<ServerResponse>();

  private constructor(script: Script) {
    this.#server = createServer(
      (request, response) => void this.#answer(script, request, response),
    );
  }

  /** @param port 0 is any free one */
  static async start(script: Script, port = 0): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await new Promise<void>((resolve) => server.#server.listen(port, "127.0.0.1", resolve));
    return server;
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("It does not listen.");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Requests that were neither answered nor given up. */
  get pending(): number {
    return this.#pending.size;
  }

  /** The requests whose call begins like this. */
  calls(start: string): readonly Received[] {
    return this.received.filter(({ call }) => call.startsWith(start));
  }

  /** The files whose bytes have come, in order of ids. */
  get sent(): readonly number[] {
    const carriers = this.received.filter(({ call }) => /PUT|bundle/u.test(call));
    return carriers.flatMap(({ files }) => files).toSorted((a, b) => a - b);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(script: Script, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    this.#pending.add(response);
    response.once("close", () => this.#pending.delete(response));
    const content = await buffer(request).catch(() => Buffer.alloc(0));
    const body = content.toString();
    const digest = createHash("sha256").update(content).digest("base64");
    const call = { call: `${method} ${url}`, headers, files: filesIn(url, body) };
    const received = { ...call, body, bytes: content.length, digest };
    this.received.push(received);
    const answer = await script(received);
    if (answer === "cut") return void request.socket.destroy();
    response.writeHead(answer.status ?? 200, answer.headers).end(JSON.stringify(answer.body));
  }
}

function filesIn(url: string, body: string): number[] {
  const single = /\/files\/(\d+)(?:$|[/?])/u.exec(url);
  if (single) return [Number(single[1])];
  return Array.from(body.matchAll(/; name="(\d+)"/gu), ([, id]) => Number(id));
}

/** What the server says of files that it has. */
export function stored({ call, files }: Received): Scripted {
  const [id = 0] = files;
  if (call.startsWith("PUT")) return { body: storedFile(id) };
  return { body: { rev: 5, files: files.map((file) => [file, "completed", 100, 1, null]) } };
}

export function storedFile(id: number) {
  return { id, name: "", size: 1, state: "completed", progress: 100, receivedBytes: 1 };
}
