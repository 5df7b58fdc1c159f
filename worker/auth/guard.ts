import { createMiddleware } from "hono/factory";
import { type Settings, settings } from "../../durable-objects/index.ts";
import { batchClient } from "../batches/batch-client.ts";
import { isBatchId } from "../batches/links.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { clientAddress } from "./rate-limit.ts";
import { Signer, unauthorized } from "./jwt.ts";
import { type BatchToken, isForUrls, verifyBatchToken } from "./tokens.ts";

const signers = new WeakMap<Settings, Signer>();

/** Returns the signer for this Worker's tokens. */
export function tokenSigner(env: Env): Signer {
  const configured = settings(env);
  const signer = signers.get(configured) ?? new Signer(configured.secrets);
  signers.set(configured, signer);
  return signer;
}

/**
 * Requires a token of the batch in the path, with at least the scope `needed`. The Batch refuses a token
 * that was revoked, on the first call that the request makes.
 *
 * @throws ProblemError `batch_not_found` for an invalid batch id, `unauthorized` without a valid
 *   token, `forbidden` with a token of another batch or of insufficient scope
 */
export function requireAccess(needed: "write" | "read") {
  return createMiddleware<AppEnv>(async (c, next) => {
    const batch = batchParam(c);
    openBatch(c, batch, await verifyToken(c), needed);
    await next();
  });
}

/** @throws ProblemError `batch_not_found` for an invalid batch id */
export function batchParam(c: AppContext): string {
  const batch = c.req.param("batch") ?? "";
  if (isBatchId(batch)) return batch;
  throw new ProblemError("batch_not_found", "The path has no valid batch id; check the address.");
}

/**
 * Sets the request's batch, whose object checks the token.
 *
 * @throws ProblemError `forbidden`
 */
export function openBatch(
  c: AppContext,
  batch: string,
  token: BatchToken,
  needed: "write" | "read",
): void {
  checkAccess(token, batch, needed);
  const { scope, generation, issuedAt } = token;
  const caller = { access: { scope, generation, issuedAt }, address: clientAddress(c) };
  c.set("batch", batchClient(c.env, batch, c.var.batchCalls, caller));
}

async function verifyToken(c: AppContext): Promise<BatchToken> {
  const token = headerToken(c) ?? urlToken(c);
  if (token !== null) return verifyBatchToken(tokenSigner(c.env), token);
  throw unauthorized(
    "The request has no token; send `Authorization: Bearer` with a token of this batch.",
  );
}

function checkAccess(access: BatchToken, batch: string, needed: "write" | "read"): void {
  if (access.batch !== batch) {
    throw new ProblemError(
      "forbidden",
      "This token belongs to another batch; send a token of this batch.",
    );
  }
  if (needed === "write" && access.scope !== "write") {
    throw new ProblemError("forbidden", "This token only reads; send the batch's write token.");
  }
}

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
