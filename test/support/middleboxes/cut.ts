import { type Exchange, type Middlebox, passOn } from "./exchange.ts";

/** Cuts each connection after it has carried this many bytes of requests. */
export function cutAfterBytes(bytes: number): Middlebox {
  return (exchange) => exchange.pass(upTo(exchange, bytes));
}

async function* upTo(exchange: Exchange, bytes: number): AsyncGenerator<Buffer> {
  for await (const chunk of exchange.body) {
    if (exchange.socket.bytesRead > bytes) return exchange.reset();
    yield chunk;
  }
}

/** Cuts each connection this long after a request on it. @param middlebox gets the requests before */
export function cutAfterMs(ms: number, middlebox: Middlebox = passOn): Middlebox {
  return (exchange) => {
    const timer = setTimeout(() => exchange.reset(), ms);
    exchange.socket.once("close", () => clearTimeout(timer));
    return middlebox(exchange);
  };
}
