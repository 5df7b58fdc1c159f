import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** A request that the receiver got. */
export interface ReceivedEvent {
  headers: Record<string, string>;
  body: string;
}

/**
 * A backend that receives webhooks. Each test has a path of its own, below which `?answers=500,cut,200`
 * says how the receiver answers one request after the other, the last answer for all further ones:
 *
 * | answer | |
 * |---|---|
 * | a number | a response with this status |
 * | `redirect` | a redirect to the path with `-elsewhere` at its end |
 * | `endless` | 200 with a body that never ends |
 * | `hang` | none |
 * | `cut` | the connection is closed |
 *
 * `GET` of the path returns the requests as JSON.
 */
export class WebhookReceiver {
  readonly #server: Server;
  readonly #received = new Map<string, ReceivedEvent[]>();

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => void this.#handle(request, response));
  }

  static async start(): Promise<WebhookReceiver> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new WebhookReceiver(server);
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("It does not listen.");
    return `http://127.0.0.1:${address.port}`;
  }

  received(path: string): readonly ReceivedEvent[] {
    return this.#received.get(path) ?? [];
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", this.origin);
    const all = this.#received.get(pathname) ?? [];
    if (request.method === "GET") {
      response.end(JSON.stringify(all));
      return;
    }
    const body = await text(request);
    this.#received.set(pathname, [...all, { headers: headersOf(request), body }]);
    const answers = (searchParams.get("answers") ?? "200").split(",");
    answer(response, answers[all.length] ?? answers.at(-1) ?? "200", pathname);
  }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function answer(response: ServerResponse, kind: string, pathname: string): void {
  if (kind === "hang") return;
  if (kind === "cut") response.destroy();
  else if (kind === "endless") response.writeHead(200).write("not all of it");
  else if (kind === "redirect")
    response.writeHead(307, { Location: `${pathname}-elsewhere` }).end();
  else response.writeHead(Number(kind)).end("noted");
}
