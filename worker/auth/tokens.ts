import { sign, verify } from "hono/jwt";
import * as v from "valibot";
import { GrantLimits } from "../../protocol/schemas.ts";
import { ProblemError } from "../http/problem.ts";

/** Access that a batch token grants: all requests to the batch, or only those that change nothing. */
export type Scope = "write" | "read";

export interface BatchAccess {
  batch: string;
  scope: Scope;
  /** Key of the batch's owner; null in read tokens. */
  owner: string | null;
}

export interface OwnerGrant {
  /** The operator's name for the owner of the batches that this grant creates. */
  owner: string;
  /** Limits for each of these batches, in addition to the server's. */
  limits?: GrantLimits;
}

const AccessClaims = v.object({
  batch: v.string(),
  scope: v.picklist(["write", "read"]),
  owner: v.optional(v.string()),
  exp: v.number(),
});

const GrantClaims = v.object({
  sub: v.pipe(v.string(), v.nonEmpty()),
  exp: v.number(),
  limits: v.optional(v.unknown()),
});

const ALGORITHM = "HS256";

/** Signs and verifies the tokens of this Worker. They are self-contained: no lookup is needed. */
export class TokenSigner {
  /** The first secret signs and all are accepted, so that a secret can be rotated. */
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  /**
   * Returns a token for a batch.
   *
   * @param expires seconds since 1970
   */
  async signAccess({ batch, scope, owner }: BatchAccess, expires: number): Promise<string> {
    return this.#sign({ batch, scope, ...(owner !== null && { owner }), exp: expires });
  }

  /**
   * Returns a grant to create batches for `owner`.
   *
   * @param expires seconds since 1970
   */
  async signGrant(owner: string, expires: number): Promise<string> {
    return this.#sign({ sub: owner, exp: expires });
  }

  /** @throws ProblemError `unauthorized` for an invalid token, or one that is no batch token */
  async verifyAccess(token: string): Promise<BatchAccess> {
    const claims = v.safeParse(AccessClaims, await this.#verify(token));
    if (claims.success) {
      const { batch, scope, owner = null } = claims.output;
      return { batch, scope, owner };
    }
    throw unauthorized("The token is not a batch token; send the batch's read or write token.");
  }

  /** @throws ProblemError `unauthorized` for an invalid token, or one that is no grant */
  async verifyGrant(token: string): Promise<OwnerGrant> {
    const claims = v.safeParse(GrantClaims, await this.#verify(token));
    if (!claims.success)
      throw unauthorized("The token is not a grant; send one with the claims `sub` and `exp`.");
    const { sub: owner, limits } = claims.output;
    return { owner, ...(limits !== undefined && { limits: parseGrantLimits(limits) }) };
  }

  async #sign(claims: Record<string, string | number>): Promise<string> {
    const [secret] = this.#secrets;
    if (!secret) throw new TypeError("No secret to sign with");
    return sign(claims, await importKey(secret), ALGORITHM);
  }

  async #verify(token: string): Promise<unknown> {
    for (const secret of this.#secrets) {
      try {
        // WebCrypto compares signatures in constant time.
        return await verify(token, await importKey(secret), { alg: ALGORITHM, iat: false });
      } catch {
        // The next secret may have signed the token.
      }
    }
    throw unauthorized(
      "The token is malformed, expired or signed with another secret; get a new one.",
    );
  }
}

/** Imports the secret as bytes: Hono parses a string that contains PRIVATE or PUBLIC as PEM. */
function importKey(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, hmac, false, ["sign", "verify"]);
}

/** Parses the `limits` claim. A grant with invalid limits is refused instead of being unlimited. */
function parseGrantLimits(claim: unknown): GrantLimits {
  const limits = v.safeParse(GrantLimits, claim);
  if (limits.success) return limits.output;
  throw unauthorized(`The grant's limits are invalid; correct them: ${limits.issues[0].message}`);
}

export function unauthorized(detail: string): ProblemError {
  return new ProblemError("unauthorized", detail, { headers: { "WWW-Authenticate": "Bearer" } });
}
