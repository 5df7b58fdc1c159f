import * as v from "valibot";
import { claimedKind, type Signer, unauthorized } from "./jwt.ts";

/**
 * The scopes of batch tokens: everything in the batch; all that changes nothing; and the same for the
 * live connections of an uploader, whose addresses must not contain a write token.
 */
const SCOPES = ["write", "read", "live"] as const;
export type Scope = (typeof SCOPES)[number];

/** A batch token that was verified. */
export interface BatchToken {
  batch: string;
  scope: Scope;
  /** The number of revocations before it. */
  generation: number;
  /** In seconds since 1970. */
  issuedAt: number;
}

const BatchClaims = v.object({
  batch: v.string(),
  gen: v.optional(v.number(), 0),
  iat: v.number(),
});
const OwnerClaims = v.object({ sub: v.pipe(v.string(), v.nonEmpty()), exp: v.number() });

/**
 * Returns a token for a batch. It is self-contained: checking it needs no lookup.
 *
 * @param generation the number of revocations before it; the Batch refuses it after the next one
 * @param expires seconds since 1970
 */
export function signBatchToken(
  signer: Signer,
  {
    batch,
    scope,
    generation = 0,
    issuedAt,
  }: Pick<BatchToken, "batch" | "scope"> & Partial<BatchToken>,
  expires: number,
): Promise<string> {
  const claims = { batch, ...(generation > 0 && { gen: generation }) };
  return signer.sign(scope, claims, expires, issuedAt);
}

/** @throws ProblemError `unauthorized` for an invalid token, or one that is no batch token */
export async function verifyBatchToken(signer: Signer, token: string): Promise<BatchToken> {
  const scope = claimedKind(token, SCOPES);
  const claims = scope && v.safeParse(BatchClaims, await signer.verify(scope, token));
  if (scope && claims?.success) {
    const { batch, gen: generation, iat: issuedAt } = claims.output;
    return { batch, scope, generation, issuedAt };
  }
  throw unauthorized("The token is not a batch token; send a token of the batch.");
}

/** True if a token claims to be of a kind that changes nothing, which addresses may contain. */
export function isForUrls(token: string): boolean {
  return claimedKind(token, ["read", "live"]) !== null;
}

/**
 * Returns a token by which an anonymous owner is recognised.
 *
 * @param expires seconds since 1970
 * @param issuedAt the same
 */
export function signOwnerToken(
  signer: Signer,
  owner: string,
  expires: number,
  issuedAt: number,
): Promise<string> {
  return signer.sign("owner", { sub: owner }, expires, issuedAt);
}

/**
 * Returns the name of the anonymous owner, and the time at which the token expires, in seconds since 1970.
 *
 * @throws ProblemError `unauthorized` for an invalid token, or another one
 */
export async function verifyOwnerToken(
  signer: Signer,
  token: string,
): Promise<{ owner: string; expires: number }> {
  const kind = claimedKind(token, ["owner"]);
  const claims = kind && v.safeParse(OwnerClaims, await signer.verify(kind, token));
  if (claims?.success) return { owner: claims.output.sub, expires: claims.output.exp };
  throw unauthorized("The token is neither a grant nor an owner token; send one of these.");
}
