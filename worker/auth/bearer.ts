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
  const inUrl = tokensInUrl(c);
  if (token === null ? inUrl.length === 0 : inUrl.every(isForUrls)) return token;
  throw tokenInUrl();
}

/** Returns the token of a request that may also have it in its address; null without one. */
export function sentToken(c: AppContext): string | null {
  // Also with a header: an address that contains another kind of token has to be corrected.
  const inUrl = urlToken(c);
  return headerToken(c) ?? inUrl;
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
  const [token, ...others] = tokensInUrl(c);
  if (token === undefined) return null;
  const isOnly = others.length === 0 && isForUrls(token);
  if (isOnly && ["GET", "HEAD"].includes(c.req.method)) return token;
  throw tokenInUrl();
}

function tokensInUrl(c: AppContext): string[] {
  return c.req.queries("token") ?? [];
}

function tokenInUrl(): ProblemError {
  return unauthorized(
    "This token must not be part of an address; send it as `Authorization: Bearer`. Addresses take read and live tokens in GET requests.",
  );
}
