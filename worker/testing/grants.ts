import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";

/** Returns a time in seconds since 1970, the unit of JWT. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** Signs claims as the Worker does, by default with its secret. */
export function signed(claims: Record<string, unknown>, secret = env.TALLYMAN_SECRET) {
  return sign(claims, secret, "HS256");
}

/** Returns a grant for a new owner. */
export function grantWith(limits: unknown): Promise<string> {
  return signed({ sub: crypto.randomUUID(), exp: secondsFromNow(3600), limits });
}

export function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}
