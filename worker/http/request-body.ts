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

/** What is read at a time. Each read costs the same, however little it brings. */
interface ReadSize {
  /** Bytes of every chunk but the last: what has come waits until there is so much of it. */
  least: number;
  /** Bytes of any chunk. */
  most: number;
}

/** Of a form nothing waits: what is whole of it is stored, though the next byte never comes. */
const FORM_READ: ReadSize = { least: 1, most: 64 * 1024 };

/**
 * A request's body, chunk by chunk.
 *
 * @throws ConnectionLost where it breaks off
 */
export async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  const body: ReadableStream<Uint8Array> | null = request.body;
  if (!body) return;
  const reader = new BodyReader(body, FORM_READ);
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
  readonly #size: ReadSize;

  constructor(body: ReadableStream<Uint8Array>, size: ReadSize) {
    this.#reader = body.getReader({ mode: "byob" });
    this.#size = size;
  }

  /**
   * The next chunk; an empty one is the end.
   *
   * @throws ConnectionLost
   */
  async read(): Promise<Uint8Array> {
    try {
      const { least, most } = this.#size;
      const { value } = await this.#reader.readAtLeast(least, new Uint8Array(most));
      if (!value) return new Uint8Array();
      // A small chunk would keep all of its buffer alive.
      return value.length < most / 2 ? value.slice() : value;
    } catch {
      throw new ConnectionLost();
    }
  }

  /** Leaves what has not been read to `drainBody`. */
  release(): void {
    this.#reader.releaseLock();
  }
}
