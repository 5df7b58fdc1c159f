import type { Exchange } from "../support/middleboxes/exchange.ts";

/** Selects requests of one kind. */
function call(method: string, path: RegExp): (exchange: Exchange) => boolean {
  return (exchange) => exchange.method === method && path.test(exchange.path);
}

/** Requests of clients by kind. */
export const CALLS = {
  health: call("GET", /^\/v1\/health$/u),
  creation: call("POST", /^\/v1\/batches$/u),
  declaration: call("POST", /^\/v1\/batches\/\w+\/files$/u),
  seal: call("PATCH", /^\/v1\/batches\/\w+$/u),
  "page of files": call("GET", /^\/v1\/batches\/\w+\/files\?/u),
  "live token": call("POST", /^\/v1\/batches\/\w+\/tokens$/u),
  socket: call("GET", /^\/v1\/batches\/\w+\/live\?/u),
  stream: call("GET", /^\/v1\/batches\/\w+\/events\?/u),
  poll: call("GET", /^\/v1\/batches\/\w+\?since=/u),
  bundle: call("POST", /^\/v1\/batches\/\w+\/bundle$/u),
  file: call("PUT", /^\/v1\/batches\/\w+\/files\/\d+/u),
} as const;
