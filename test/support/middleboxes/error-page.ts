import type { Middlebox } from "./exchange.ts";

/** Responds to everything with an error in HTML. */
export function errorPage(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Middlebox {
  return (exchange) => exchange.respond(status, headers);
}

/** Asks people to prove that they are no robots, as Cloudflare does. A script can't pass. */
export const challenge: Middlebox = errorPage(403, { "cf-mitigated": "challenge" });
