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

/**
 * A request's body, chunk by chunk.
 *
 * @throws ConnectionLost where it breaks off
 */
export async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  const body: ReadableStream<Uint8Array> | null = request.body;
  if (!body) return;
  const reader = body.getReader();
  try {
    for (let next = await readNext(reader); !next.done; next = await readNext(reader)) {
      yield next.value;
    }
  } finally {
    // Whoever stops early leaves the rest to `drainBody`.
    reader.releaseLock();
  }
}

async function readNext(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch {
    throw new ConnectionLost();
  }
}
