import { createMiddleware } from "hono/factory";

/** Of a body that is read to be kept whole. */
const CHUNK_BYTES = 64 * 1024;

/** The client went away before all of its request had come. Nobody is left to answer. */
export class ConnectionLost extends Error {
  constructor() {
    super("The connection was lost before the request had come whole.");
    this.name = "ConnectionLost";
  }
}

/**
 * Reads whatever a handler left unread of a body: an answer that overtakes its request's body breaks
 * the connection (workerd#1730), and the client sees a reset where a problem was said. It is as much
 * as a request may bring at most, and none of it is kept.
 */
export const drainBody = createMiddleware(async (c, next) => {
  await next();
  const { body } = c.req.raw;
  if (body && !body.locked) await body.pipeTo(new WritableStream()).catch(() => undefined);
});

/** Bytes of the body as its `Content-Length` says; null where there is no such header. */
export function bodyLength(request: Request): number | null {
  const value = request.headers.get("Content-Length");
  return value !== null && /^\d+$/u.test(value) ? Number(value) : null;
}

/**
 * A request's body, chunk by chunk.
 *
 * @throws ConnectionLost where it breaks off
 */
export async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  const reader = new BodyReader(request.body);
  const next = () => reader.read(new Uint8Array(CHUNK_BYTES));
  try {
    for (let chunk = await next(); chunk.length > 0; chunk = await next()) yield chunk;
  } finally {
    reader.release();
  }
}

/** Reads a body in pieces of the caller's size: each read costs the same, however little it brings. */
export class BodyReader {
  readonly #reader: ReadableStreamBYOBReader | undefined;

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#reader = body?.getReader({ mode: "byob" });
  }

  /**
   * Fills the beginning of `into`, whose buffer is not the caller's any more.
   *
   * @param least bytes to wait for, unless there are no more
   * @returns what was read, in the same memory; empty at the end
   * @throws ConnectionLost
   */
  async read(into: Uint8Array, least = 1): Promise<Uint8Array> {
    try {
      const { value } = (await this.#reader?.readAtLeast(least, into)) ?? {};
      return value ?? new Uint8Array();
    } catch {
      throw new ConnectionLost();
    }
  }

  /** Leaves what has not been read to `drainBody`. */
  release(): void {
    this.#reader?.releaseLock();
  }
}
