import { type Middlebox, readBody } from "./exchange.ts";
import type { Line } from "./line.ts";

/** Accepts requests at once, and passes them on over a slow line, as virus scanners and VPNs do. */
export function buffer(line: Line): Middlebox {
  return async (exchange) => exchange.pass(line.carry([await readBody(exchange)]));
}

/** Does the same with one body after the other, in the order in which they have arrived. */
export function orderedBuffer(line: Line): Middlebox {
  let last = Promise.resolve();
  return async (exchange) => {
    const body = await readBody(exchange);
    if (body.length === 0) return exchange.pass();
    const [previous, carried] = [last, Promise.withResolvers<void>()];
    last = carried.promise;
    // A client that leaves makes way for the next.
    exchange.socket.once("close", carried.resolve);
    await previous;
    exchange.pass(thenCall(line.carry([body]), carried.resolve));
  };
}

async function* thenCall(chunks: AsyncIterable<Buffer>, onEnd: () => void): AsyncGenerator<Buffer> {
  yield* chunks;
  onEnd();
}
