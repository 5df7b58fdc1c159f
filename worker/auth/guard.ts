import { createMiddleware } from "hono/factory";
import { BatchClient } from "../batches/batch-client.ts";
import { isBatchId } from "../batches/batch-id.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { clientAddress } from "./address.ts";
import { ownerKey } from "./owner-key.ts";
import { type BatchAccess, type Scope, TokenSigner, unauthorized } from "./tokens.ts";

/** What HS256 wants of a key (RFC 7518): a shorter one can be guessed by whoever has a token. */
const SECRET_CHARACTERS = 32;

/** The tokens of this Worker, whose secret `requireSecret` has found to be there. */
export function tokenSigner(env: Env): TokenSigner {
  return new TokenSigner(secretsOf(env));
}

/** Without a secret, or with one that is guessed, anybody could sign tokens: nothing is served then. */
export const requireSecret = createMiddleware<AppEnv>(async (c, next) => {
  const secrets = secretsOf(c.env);
  const areGood = secrets.every(({ length }) => length >= SECRET_CHARACTERS);
  if (areGood && secrets.length > 0) return next();
  throw new ProblemError(
    "not_configured",
    `Set the secret that signs tokens, of ${SECRET_CHARACTERS} characters at least: \`npx wrangler secret put TALLYMAN_SECRET\`, or locally \`npm start\`.`,
  );
});

function secretsOf({ TALLYMAN_SECRET = "" }: Partial<Env>): string[] {
  return TALLYMAN_SECRET.split(/\s+/u).filter(Boolean);
}

/**
 * Opens the routes of one batch to whoever has its token.
 *
 * @throws ProblemError `batch_not_found` for what is no batch's id, `unauthorized` without a valid
 *   token, `forbidden` with another batch's, or with one that only reads where more is needed
 */
export function requireAccess(needed: Scope) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const batch = c.req.param("batch") ?? "";
    if (!isBatchId(batch)) {
      throw new ProblemError("batch_not_found", "Check the batch's id: this is none.");
    }
    const access = await verifyToken(c);
    checkAccess(access, batch, needed);
    c.set("batch", new BatchClient(c.env, batch, c.var.batchCalls, clientAddress(c)));
    c.set("owner", access.owner);
    await next();
  });
}

/**
 * The key of the owner whose grant the request brings.
 *
 * @throws ProblemError `unauthorized` without a valid grant
 */
export async function requireOwner(c: AppContext): Promise<string> {
  const token = bearerToken(c);
  if (token === null) throw unauthorized("Send `Authorization: Bearer` with a grant of the owner.");
  return ownerKey((await tokenSigner(c.env).verifyGrant(token)).owner);
}

async function verifyToken(c: AppContext): Promise<BatchAccess> {
  const token = bearerToken(c);
  if (token !== null) return tokenSigner(c.env).verifyAccess(token);
  throw unauthorized("Send `Authorization: Bearer` with a token of this batch.");
}

function checkAccess(access: BatchAccess, batch: string, needed: Scope): void {
  if (access.batch !== batch) {
    throw new ProblemError("forbidden", "Send a token of this batch: this one is another's.");
  }
  if (needed === "write" && access.scope !== "write") {
    throw new ProblemError("forbidden", "Send the batch's write token: this one only reads.");
  }
}

/**
 * The bearer token; of what cannot set a header (WebSocket, SSE, images) the one in the query.
 *
 * @throws ProblemError `unauthorized` where the header holds something else: whoever sends one means
 *   to be somebody, and must not be taken for nobody
 */
export function bearerToken(c: AppContext): string | null {
  const header = c.req.header("Authorization");
  if (header === undefined) return c.req.method === "GET" ? (c.req.query("token") ?? null) : null;
  const bearer = /^Bearer +(\S+)$/iu.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  throw unauthorized("Send `Authorization: Bearer` with one token and nothing else, or no header.");
}
