import type { AppContext } from "../context.ts";
import type { ProblemError } from "../http/problem.ts";
import { unauthorized } from "./jwt.ts";
import { isForUrls } from "./tokens.ts";

/**
 * Returns the request's bearer token, or null.
 *
 * @throws ProblemError `unauthorized` if the token is somewhere else: treating it as absent would turn a
 *   client with wrong credentials into an anonymous one
 */
export function bearerToken(c: AppContext): string | null {
  const token = headerToken(c);
  if (token !== null || c.req.query("token") === undefined) return token;
  throw tokenInUrl();
}

/** Returns the token of a request that may also have it in its address; null without one. */
export function sentToken(c: AppContext): string | null {
  return headerToken(c) ?? urlToken(c);
}

function headerToken(c: AppContext): string | null {
  const header = c.req.header("Authorization");
  if (header === undefined) return null;
  const bearer = /^Bearer +(\S+)$/iu.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  throw unauthorized("The Authorization header is malformed; send `Bearer` and one token.");
}

/**
 * Returns the token in the address, or null: WebSocket, EventSource and images cannot set headers. Logs
 * and histories keep addresses, so they may contain only tokens that change nothing.
 */
function urlToken(c: AppContext): string | null {
  const token = c.req.query("token");
  if (token === undefined) return null;
  if (["GET", "HEAD"].includes(c.req.method) && isForUrls(token)) return token;
  throw tokenInUrl();
}

function tokenInUrl(): ProblemError {
  return unauthorized(
    "This token must not be part of an address; send it as `Authorization: Bearer`. Addresses take read and live tokens in GET requests.",
  );
}
