import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import { type JWTPayload, SignJWT } from "jose";
import { tokenSigner } from "../auth/guard.ts";
import type { TokenKind } from "../auth/jwt.ts";
import { signOperatorToken } from "../auth/operator-jwt.ts";

/** Returns a time in seconds since 1970, the unit of JWT. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** Signs claims as the app's backend does, by default with the Worker's secret for grants. */
export function signed(claims: Record<string, unknown>, secret = env.GRANT_SECRET) {
  return sign(claims, secret, "HS256");
}

/** Signs claims as the Worker does for a token of this kind. */
export function signedAs(
  kind: TokenKind,
  { exp = 0, ...claims }: { exp?: number } & Record<string, unknown>,
): Promise<string> {
  return tokenSigner(env).sign(kind, claims, exp);
}

/** Returns a token of the Worker's operator. */
export function operatorToken(): Promise<string> {
  return signOperatorToken(env.OPERATOR_SECRET);
}

/** Signs other claims, or with another secret, under the header of an operator's token. */
export function signedAsOperator(
  claims: JWTPayload,
  secret = env.OPERATOR_SECRET,
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", typ: "tallyman-operator+jwt" })
    .sign(new TextEncoder().encode(secret));
}

/** Returns a grant for an owner, a new one by default. */
export function grantFor(
  claims: Record<string, unknown> = {},
  owner: string = crypto.randomUUID(),
): Promise<string> {
  return signed({ sub: owner, exp: secondsFromNow(3600), ...claims });
}

/** Returns a grant with limits for a new owner. */
export function grantWith(limits: unknown): Promise<string> {
  return grantFor({ limits });
}

export function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}
