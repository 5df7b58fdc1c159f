import type { Middlebox } from "./exchange.ts";

const LOGIN = "/login";

/** Responds to everything with its login page, as some captive portals do. */
export const loginPage: Middlebox = (exchange) => exchange.respond(200);

/** Redirects everything to its login page, which has another origin. */
export const loginRedirect: Middlebox = (exchange) => {
  if (exchange.path === LOGIN) return exchange.respond(200);
  const { localPort } = exchange.socket;
  exchange.respond(302, { Location: `http://localhost:${localPort}${LOGIN}` });
};

/** Breaks every connection, as a portal must that has no certificate for the server's name. */
export const resetAll: Middlebox = (exchange) => exchange.reset();
