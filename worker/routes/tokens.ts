import { Hono } from "hono";
import { type NewTokens, SECOND_MS } from "../../protocol/index.ts";
import { RenewTokens } from "../../protocol/schemas.ts";
import { batchLinks } from "../../durable-objects/index.ts";
import { bearerToken } from "../auth/bearer.ts";
import { batchParam, openBatch, tokenSigner } from "../auth/guard.ts";
import { claimedKind, isGrant, unauthorized } from "../auth/jwt.ts";
import { identify } from "../auth/owner.ts";
import { countRequest } from "../auth/rate-limit.ts";
import { type Scope, verifyBatchToken } from "../auth/tokens.ts";
import { batchClient } from "../batches/batch-client.ts";
import { linkOrigin } from "../batches/links.ts";
import { newToken, tokenLifetime } from "../batches/tokens.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { readOptionalJson } from "../http/json-body.ts";
import { ProblemError } from "../http/problem.ts";

/** Scopes that a holder of the write token may ask for and revoke: not its own. */
const OF_WRITER: ReadonlySet<Scope> = new Set(["read", "live"]);

/** The route that makes new tokens of a batch, and ends earlier ones. */
export const tokens = new Hono<AppEnv>().post("/:batch/tokens", async (c) => {
  const id = batchParam(c);
  const owner = await openForTokens(c, id);
  const {
    scopes = defaultScopes(owner),
    expiresIn,
    revoke,
  } = await readOptionalJson(c, RenewTokens);
  if (owner === null) checkScopes([...scopes, ...revoke]);
  const {
    origin,
    keepUntil = null,
    ...generations
  } = await c.var.batch.renewTokens({ owner, revoke });
  const now = Date.now();
  const kept = keepUntil === null ? null : (keepUntil - now) / SECOND_MS;
  const lifetimeOf = (scope: Scope) => tokenLifetime(c.env, scope, kept, expiresIn);
  const expiresAt = new Date(now + Math.min(...scopes.map(lifetimeOf)) * SECOND_MS).toISOString();
  const { page } = batchLinks(linkOrigin(c, origin), id);
  const response: NewTokens = { expiresAt, links: { page } };
  for (const scope of scopes) {
    response[scope] = await newToken(c.env, { id, generations }, scope, lifetimeOf(scope));
  }
  return c.json(response);
});

/**
 * Opens the batch for its owner, or for a holder of its write token, and counts the request.
 *
 * @returns the key of the owner; null for a holder of the write token
 * @throws ProblemError `unauthorized`, `forbidden`, `rate_limited`
 */
async function openForTokens(c: AppContext, id: string): Promise<string | null> {
  const token = bearerToken(c);
  if (token === null) {
    throw unauthorized("The request has no token; send the owner's, or the batch's write token.");
  }
  if (isGrant(token) || claimedKind(token, ["owner"])) {
    const { key } = await identify(c, token, "tokens");
    await countRequest(c, "control", token);
    c.set("batch", batchClient(c.env, id, c.var.batchCalls));
    return key;
  }
  openBatch(c, id, await verifyBatchToken(tokenSigner(c.env), token), "write");
  await countRequest(c, "control", token);
  return null;
}

function defaultScopes(owner: string | null): Scope[] {
  return owner === null ? ["read", "live"] : ["read", "write", "live"];
}

function checkScopes(scopes: readonly Scope[]): void {
  if (scopes.every((scope) => OF_WRITER.has(scope))) return;
  throw new ProblemError(
    "forbidden",
    "The write token makes and ends no write tokens; send the owner's token, or a grant with `tokens`.",
  );
}
