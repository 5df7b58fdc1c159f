import {
  decodeProtectedHeader,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyOptions,
  SignJWT,
} from "jose";
import { ProblemError } from "../http/problem.ts";

/** Kinds of tokens that this Worker signs. Each opens what its name says, and nothing else. */
export type TokenKind = "write" | "read" | "live" | "owner";

/** The same, and the kind that is made on the operator's machine. */
type NamedKind = TokenKind | "operator";

/** The `aud` of a grant, if it has one. */
const GRANT_AUDIENCE = "tallyman-grant";

const ALGORITHM = "HS256";
const HMAC = { name: "HMAC", hash: "SHA-256", length: 256 } as const;

/** Returns the `aud` of a kind, and the `info` by which the Worker derives its key. */
export function audienceOf(kind: NamedKind): string {
  return `tallyman-${kind}`;
}

/** Returns the `typ` of a kind, by which a verifier recognises it. */
export function typeOf(kind: NamedKind): string {
  return `${audienceOf(kind)}+jwt`;
}

/**
 * Signs and verifies JWTs (RFC 7519) of the Worker's own kinds. Each kind has its own key, `typ` and
 * `aud`, so that no token opens what another kind is for (RFC 8725, 3.11 and 3.12).
 */
export class Signer {
  /** The first secret signs and all are accepted, so that a secret can be replaced. */
  readonly #secrets: readonly string[];
  readonly #keys = new Map<string, CryptoKey>();

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  /**
   * @param expires seconds since 1970
   * @param issuedAt the same; now by default
   */
  async sign(
    kind: TokenKind,
    claims: JWTPayload,
    expires: number,
    issuedAt?: number,
  ): Promise<string> {
    const [secret] = this.#secrets;
    if (!secret) throw new TypeError("No secret to sign with");
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: typeOf(kind) })
      .setAudience(audienceOf(kind))
      .setIssuedAt(issuedAt)
      .setExpirationTime(expires)
      .sign(await this.#key(kind, secret));
  }

  /**
   * Returns the claims of a token.
   *
   * @throws ProblemError `unauthorized` if it is invalid or of another kind
   */
  async verify(kind: TokenKind, token: string): Promise<JWTPayload> {
    const keys = await Promise.all(this.#secrets.map((secret) => this.#key(kind, secret)));
    return verifyWith(keys, token, { typ: typeOf(kind), audience: audienceOf(kind) });
  }

  /** Derived once per isolate. */
  async #key(kind: TokenKind, secret: string): Promise<CryptoKey> {
    const name = `${kind} ${secret}`;
    const known = this.#keys.get(name);
    if (known) return known;
    const key = await deriveKey(secret, audienceOf(kind));
    this.#keys.set(name, key);
    return key;
  }
}

/**
 * Returns the claims of a grant, which any library can make: its key is the secret itself.
 *
 * @throws ProblemError `unauthorized` if it is invalid
 */
export async function verifyGrantJwt(
  token: string,
  secrets: readonly string[],
): Promise<JWTPayload> {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret));
  const claims = await verifyWith(keys, token, {});
  const audiences = [claims.aud ?? GRANT_AUDIENCE].flat();
  if (!isGrant(token) || !audiences.includes(GRANT_AUDIENCE)) throw invalidToken();
  return claims;
}

/** True if the header says that a token is a grant. Some libraries write no `typ`. */
export function isGrant(token: string): boolean {
  return (typeIn(token) ?? "JWT").toUpperCase() === "JWT";
}

/** Returns which of the kinds a token claims to be; null if it is none of them. */
export function claimedKind<K extends NamedKind>(token: string, kinds: readonly K[]): K | null {
  const type = typeIn(token);
  return kinds.find((kind) => typeOf(kind) === type) ?? null;
}

/** Returns the `typ` in the header of a token that is not verified yet; "" if that is no text. */
function typeIn(token: string): string | undefined {
  try {
    const { typ }: { typ?: unknown } = decodeProtectedHeader(token);
    return typ === undefined || typeof typ === "string" ? typ : "";
  } catch {
    return undefined;
  }
}

/**
 * Returns the claims of a token that one of the keys has signed.
 *
 * @throws ProblemError `unauthorized`
 */
export async function verifyWith(
  keys: readonly (CryptoKey | Uint8Array)[],
  token: string,
  expected: JWTVerifyOptions,
): Promise<JWTPayload> {
  for (const key of keys) {
    const options = { ...expected, algorithms: [ALGORITHM], requiredClaims: ["exp"] };
    // WebCrypto compares signatures in constant time.
    const verified = await jwtVerify(token, key, options).catch(() => null);
    if (verified) return verified.payload;
  }
  throw invalidToken();
}

/** HKDF (RFC 5869): who has the key of one kind learns neither the secret nor another kind's key. */
export async function deriveKey(secret: string, info: string): Promise<CryptoKey> {
  const encoder = new TextEncoder();
  const source = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, [
    "deriveKey",
  ]);
  const hkdf = {
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: encoder.encode(info),
  };
  return crypto.subtle.deriveKey(hkdf, source, HMAC, false, ["sign", "verify"]);
}

function invalidToken(): ProblemError {
  return unauthorized(
    "The token is malformed, expired or signed with another secret; get a new one.",
  );
}

export function unauthorized(detail: string): ProblemError {
  return new ProblemError("unauthorized", detail);
}
