import { createMiddleware } from "hono/factory";
import { type Settings, settings } from "../../durable-objects/index.ts";
import { batchClient } from "../batches/batch-client.ts";
import { isBatchId } from "../batches/links.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { sentToken } from "./bearer.ts";
import { clientAddress } from "./client-address.ts";
import { Signer, unauthorized } from "./jwt.ts";
import { verifyOperator } from "./operator.ts";
import { isOperatorToken } from "./operator-jwt.ts";
import { countRequest, type Rate } from "./rate-limit.ts";
import { type BatchToken, verifyBatchToken } from "./tokens.ts";

const signers = new WeakMap<Settings, Signer>();

/** Returns the signer for this Worker's tokens. */
export function tokenSigner(env: Env): Signer {
  const configured = settings(env);
  const signer = signers.get(configured) ?? new Signer(configured.secrets);
  signers.set(configured, signer);
  return signer;
}

/**
 * Requires a token of the batch in the path, with at least the scope `needed`, and counts the request by
 * its rate limit. The Batch refuses a token that was revoked, on the first call that the request makes.
 *
 * @param rate the limit, or a function that selects one
 * @param also "operator" to take the operator's token as well
 * @throws ProblemError `batch_not_found` for an invalid batch id, `unauthorized` without a valid
 *   token, `forbidden` with a token of another batch or of insufficient scope, `rate_limited`
 */
export function requireAccess(
  needed: "write" | "read",
  rate: Rate | ((c: AppContext) => Rate),
  also?: "operator",
) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const batch = batchParam(c);
    const token = requireToken(c);
    const isOperator = also === "operator" && isOperatorToken(token);
    c.set("isOperator", isOperator);
    const counted = isOperator
      ? await openForOperator(c, batch, token)
      : await openForHolder(c, batch, token, needed);
    await countRequest(c, typeof rate === "string" ? rate : rate(c), counted);
    await next();
  });
}

/**
 * Opens any batch: a call without a token's access is one of the Worker's own, which no Batch refuses.
 *
 * @returns the token to count
 */
async function openForOperator(c: AppContext, batch: string, token: string): Promise<string> {
  await verifyOperator(c, token);
  const caller = { address: clientAddress(c) };
  c.set("batch", batchClient(c.env, batch, c.var.batchCalls, caller));
  return token;
}

/** @returns the token to count; null for a read token, which a share link gives to many people */
async function openForHolder(
  c: AppContext,
  batch: string,
  token: string,
  needed: "write" | "read",
): Promise<string | null> {
  const verified = await verifyBatchToken(tokenSigner(c.env), token);
  openBatch(c, batch, verified, needed);
  c.set("isReader", verified.scope !== "write");
  return verified.scope === "read" ? null : token;
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

function requireToken(c: AppContext): string {
  const token = sentToken(c);
  if (token !== null) return token;
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
