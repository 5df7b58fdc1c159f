import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";

/** A system between clients and a server: decides what happens to a request. */
export type Middlebox = (exchange: Exchange) => void | Promise<void>;

/** The chunks of a body. */
export type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>;

/** A client's request that a proxy has received, and its response. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes of the request, as they arrive. */
  readonly body: AsyncIterable<Buffer>;
  /** The client's connection. */
  readonly socket: Socket;
  /** Responds in the server's place, with a page in HTML. The rest of the request is discarded. */
  respond(status: number, headers?: Readonly<Record<string, string>>): void;
  /** Breaks the client's connection. */
  reset(): void;
  /** Passes the request on to the server, and its response to the client. @param body default: as it arrives */
  pass(body?: Chunks): void;
}

/** Passes everything on. */
export const passOn: Middlebox = (exchange) => exchange.pass();

/** Returns the whole body, once all of it has arrived. */
export async function readBody({ body }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Headers of the pages that middleboxes respond with. */
export const PAGE_HEADERS = { "Content-Type": "text/html", "Cache-Control": "no-store" };

/** Returns the page of a middlebox. */
export function pageOf(status: number): string {
  return `<!doctype html><title>${status}</title><h1>${status}</h1>`;
}
