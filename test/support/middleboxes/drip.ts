import type { Middlebox } from "./exchange.ts";
import type { Line } from "./line.ts";

/** Takes requests only as fast as a slow line carries them. */
export function drip(line: Line): Middlebox {
  return (exchange) => exchange.pass(line.carry(exchange.body));
}
