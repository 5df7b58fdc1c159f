import * as v from "valibot";
import { claimedKind, type Signer, unauthorized } from "./jwt.ts";

/** Access that a batch token grants: all requests to the batch, or only those that change nothing. */
export type Scope = "write" | "read";

const SCOPES = ["write", "read"] as const satisfies readonly Scope[];

export interface BatchAccess {
  batch: string;
  scope: Scope;
  /** Key of the batch's owner; null in read tokens. */
  owner: string | null;
}

const BatchClaims = v.object({ batch: v.string(), owner: v.optional(v.string()) });
const OwnerClaims = v.object({ sub: v.pipe(v.string(), v.nonEmpty()) });

/**
 * Returns a token for a batch. It is self-contained: checking it needs no lookup.
 *
 * @param expires seconds since 1970
 */
export function signBatchToken(
  signer: Signer,
  { batch, scope, owner }: BatchAccess,
  expires: number,
): Promise<string> {
  return signer.sign(scope, { batch, ...(owner !== null && { owner }) }, expires);
}

/** @throws ProblemError `unauthorized` for an invalid token, or one that is no batch token */
export async function verifyBatchToken(signer: Signer, token: string): Promise<BatchAccess> {
  const scope = claimedKind(token, SCOPES);
  const claims = scope && v.safeParse(BatchClaims, await signer.verify(scope, token));
  if (scope && claims?.success) {
    const { batch, owner = null } = claims.output;
    return { batch, scope, owner };
  }
  throw unauthorized("The token is not a batch token; send the batch's read or write token.");
}

/**
 * Returns a token by which an anonymous owner is recognised.
 *
 * @param expires seconds since 1970
 */
export function signOwnerToken(signer: Signer, owner: string, expires: number): Promise<string> {
  return signer.sign("owner", { sub: owner }, expires);
}

/**
 * Returns the name of the anonymous owner.
 *
 * @throws ProblemError `unauthorized` for an invalid token, or another one
 */
export async function verifyOwnerToken(signer: Signer, token: string): Promise<string> {
  const kind = claimedKind(token, ["owner"]);
  const claims = kind && v.safeParse(OwnerClaims, await signer.verify(kind, token));
  if (claims?.success) return claims.output.sub;
  throw unauthorized("The token is neither a grant nor an owner token; send one of these.");
}
