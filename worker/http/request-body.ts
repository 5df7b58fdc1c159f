import { createMiddleware } from "hono/factory";

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

/** Bytes read at a time, at most. */
const READ_BYTES = 64 * 1024;

/**
 * A request's body, chunk by chunk.
 *
 * @throws ConnectionLost where it breaks off
 */
export async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  const body: ReadableStream<Uint8Array> | null = request.body;
  if (!body) return;
  const reader = new BodyReader(body, 1);
  try {
    for (let chunk = await reader.read(); chunk.length > 0; chunk = await reader.read()) {
      yield chunk;
    }
  } finally {
    reader.release();
  }
}

/** Reads a body in chunks. */
export class BodyReader {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #leastBytes: number;

  /**
   * @param leastBytes of every chunk but the last, 64 KiB at most. Each read costs the same, however
   *   little it brings; but what has come is held back until there is so much of it
   */
  constructor(body: ReadableStream<Uint8Array>, leastBytes: number) {
    this.#reader = body.getReader({ mode: "byob" });
    this.#leastBytes = leastBytes;
  }

  /**
   * The next chunk; an empty one is the end.
   *
   * @throws ConnectionLost
   */
  async read(): Promise<Uint8Array> {
    try {
      const { value } = await this.#reader.readAtLeast(
        this.#leastBytes,
        new Uint8Array(READ_BYTES),
      );
      return value ?? new Uint8Array();
    } catch {
      throw new ConnectionLost();
    }
  }

  /** Leaves what has not been read to `drainBody`. */
  release(): void {
    this.#reader.releaseLock();
  }
}
