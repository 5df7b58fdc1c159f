import { sign, verify } from "hono/jwt";
import * as v from "valibot";
import { GrantLimits } from "../../protocol/grant-limits.ts";
import { ProblemError } from "../http/problem.ts";

/** What a batch's token opens: everything in it, or only what changes nothing. */
export type Scope = "write" | "read";

export interface BatchAccess {
  batch: string;
  scope: Scope;
  /** Key of the batch's owner; null where the token does not say. */
  owner: string | null;
}

export interface OwnerGrant {
  /** Whose batches this grant creates, as the operator names them. */
  owner: string;
  /** What each of them may hold; without it the server's limits are all there are. */
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

/** Mints and checks the tokens of this Worker. Checking one asks nobody: the signature says it all. */
export class TokenSigner {
  /** The first signs; all of them are accepted, so that a secret can be replaced in peace. */
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  /** @param expires seconds since 1970 */
  async signAccess({ batch, scope, owner }: BatchAccess, expires: number): Promise<string> {
    return this.#sign({ batch, scope, ...(owner !== null && { owner }), exp: expires });
  }

  /** @param expires seconds since 1970 */
  async signGrant(owner: string, expires: number): Promise<string> {
    return this.#sign({ sub: owner, exp: expires });
  }

  /** @throws ProblemError `unauthorized` where the token is not a batch's, or no longer valid */
  async verifyAccess(token: string): Promise<BatchAccess> {
    const claims = v.safeParse(AccessClaims, await this.#verify(token));
    if (claims.success) {
      const { batch, scope, owner = null } = claims.output;
      return { batch, scope, owner };
    }
    throw unauthorized("Send a read or write token of this batch.");
  }

  /** @throws ProblemError `unauthorized` where the token is no grant, or no longer valid */
  async verifyGrant(token: string): Promise<OwnerGrant> {
    const claims = v.safeParse(GrantClaims, await this.#verify(token));
    if (!claims.success)
      throw unauthorized("Send a grant: a token whose claims are `sub` and `exp`.");
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
        // WebCrypto's verify compares the signatures, in constant time.
        return await verify(token, await importKey(secret), { alg: ALGORITHM, iat: false });
      } catch {
        // The next secret may have signed it.
      }
    }
    throw unauthorized("Get a new token: this one is malformed, expired or signed elsewhere.");
  }
}

/** Its bytes, whatever it says: as text, Hono takes one with PRIVATE or PUBLIC in it for a PEM file. */
function importKey(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, hmac, false, ["sign", "verify"]);
}

/** A grant that cannot be understood grants nothing, rather than everything. */
function parseGrantLimits(claim: unknown): GrantLimits {
  const limits = v.safeParse(GrantLimits, claim);
  if (limits.success) return limits.output;
  throw unauthorized(`Send a grant with sound limits: ${limits.issues[0].message}`);
}

export function unauthorized(detail: string): ProblemError {
  return new ProblemError("unauthorized", detail, { headers: { "WWW-Authenticate": "Bearer" } });
}
