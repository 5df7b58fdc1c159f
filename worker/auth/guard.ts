import { createMiddleware } from "hono/factory";
import { type Settings, settings } from "../../durable-objects/index.ts";
import { batchClient } from "../batches/batch-client.ts";
import { isBatchId } from "../batches/links.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { clientAddress } from "./rate-limit.ts";
import { Signer, unauthorized } from "./jwt.ts";
import { type BatchAccess, type Scope, verifyBatchToken } from "./tokens.ts";

const signers = new WeakMap<Settings, Signer>();

/** Returns the signer for this Worker's tokens. */
export function tokenSigner(env: Env): Signer {
  const configured = settings(env);
  const signer = signers.get(configured) ?? new Signer(configured.secrets);
  signers.set(configured, signer);
  return signer;
}

/**
 * Requires a token of the batch in the path, with at least the scope `needed`.
 *
 * @throws ProblemError `batch_not_found` for an invalid batch id, `unauthorized` without a valid
 *   token, `forbidden` with a token of another batch or of insufficient scope
 */
export function requireAccess(needed: Scope) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const batch = c.req.param("batch") ?? "";
    if (!isBatchId(batch)) {
      throw new ProblemError(
        "batch_not_found",
        "The path has no valid batch id; check the address.",
      );
    }
    const access = await verifyToken(c);
    checkAccess(access, batch, needed);
    c.set("batch", batchClient(c.env, batch, c.var.batchCalls, clientAddress(c)));
    c.set("owner", access.owner);
    await next();
  });
}

async function verifyToken(c: AppContext): Promise<BatchAccess> {
  const token = bearerToken(c);
  if (token !== null) return verifyBatchToken(tokenSigner(c.env), token);
  throw unauthorized(
    "The request has no token; send `Authorization: Bearer` with a token of this batch.",
  );
}

function checkAccess(access: BatchAccess, batch: string, needed: Scope): void {
  if (access.batch !== batch) {
    throw new ProblemError(
      "forbidden",
      "This token belongs to another batch; send a token of this batch.",
    );
  }
  if (needed === "write" && access.scope !== "write") {
    throw new ProblemError(
      "forbidden",
      "A read token doesn't allow this; send the batch's write token.",
    );
  }
}

/**
 * Returns the request's bearer token, or null. GET requests may have it in the query, because
 * WebSocket, EventSource and images cannot set headers.
 *
 * @throws ProblemError `unauthorized` if `Authorization` is something else: treating it as absent
 *   would turn a client with wrong credentials into an anonymous one
 */
export function bearerToken(c: AppContext): string | null {
  const header = c.req.header("Authorization");
  if (header === undefined) return c.req.method === "GET" ? (c.req.query("token") ?? null) : null;
  const bearer = /^Bearer +(\S+)$/iu.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  throw unauthorized("The Authorization header is malformed; send `Bearer` and one token.");
}
