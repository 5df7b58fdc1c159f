import { sign } from "hono/jwt";

const HOUR_S = 60 * 60;

/** Signs a grant as the app's backend does, by default for an hour. */
export function mintGrant(
  secret: string,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + HOUR_S;
  return sign({ sub: "an-owner", exp, ...claims }, secret, "HS256");
}
