import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";

/** Seconds since 1970, as JWT counts. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** Signed as the Worker signs, but for what is told. */
export function signed(claims: Record<string, unknown>, secret = env.TALLYMAN_SECRET) {
  return sign(claims, secret, "HS256");
}

/** A grant of the operator's backend, for somebody whom nobody has seen before. */
export function grantWith(limits: unknown): Promise<string> {
  return signed({ sub: crypto.randomUUID(), exp: secondsFromNow(3600), limits });
}

export function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}
