import type { Exchange, Middlebox } from "./exchange.ts";

/** Selects requests. */
type Matches = (exchange: Exchange) => boolean;

/** Applies a middlebox to the requests that match, and passes all others on. */
export function applyTo(matches: Matches, middlebox: Middlebox): Middlebox {
  return (exchange) => (matches(exchange) ? middlebox(exchange) : exchange.pass());
}

/** Applies a middlebox to the first `times` of the matching requests. */
export function applyFirst(times: number, matches: Matches, middlebox: Middlebox): Middlebox {
  let left = times;
  return applyTo((exchange) => matches(exchange) && left-- > 0, middlebox);
}
