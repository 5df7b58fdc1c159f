import type { Exchange, Middlebox } from "./exchange.ts";

/** Refuses bodies of more than `bytes` with 413, as nginx does, with and without a `Content-Length`. */
export function bodyLimit(bytes: number): Middlebox {
  return async (exchange) => {
    const { "content-length": length, "transfer-encoding": encoding } = exchange.headers;
    if (Number(length ?? 0) > bytes) return exchange.respond(413);
    if (encoding === undefined) return exchange.pass();
    const body = await readUpTo(exchange, bytes);
    if (body === null) exchange.respond(413);
    else exchange.pass(body);
  };
}

/** Returns the chunks of a body; null as soon as they are too large. */
async function readUpTo({ body }: Exchange, bytes: number): Promise<Buffer[] | null> {
  const chunks: Buffer[] = [];
  let left = bytes;
  for await (const chunk of body) {
    left -= chunk.length;
    if (left < 0) return null;
    chunks.push(chunk);
  }
  return chunks;
}
