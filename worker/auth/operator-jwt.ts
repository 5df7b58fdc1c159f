import { SignJWT } from "jose";
import { audienceOf, claimedKind, typeOf, verifyWith } from "./jwt.ts";

const LIFETIME = "24h";
/** Seconds by which the operator's clock may differ from the Worker's. */
const CLOCK_SKEW_S = 60;

/**
 * Returns a token of the operator, which is valid for 24 hours. It is made on the operator's machine, so
 * its key is the secret itself.
 *
 * @example
 * const token = await signOperatorToken(process.env["OPERATOR_SECRET"]);
 */
export function signOperatorToken(secret: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: "HS256", typ: typeOf("operator") })
    .setAudience(audienceOf("operator"))
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(new TextEncoder().encode(secret));
}

/** True if a token claims to be the operator's. It is not verified yet. */
export function isOperatorToken(token: string): boolean {
  return claimedKind(token, ["operator"]) !== null;
}

/**
 * Verifies a token of the operator. Its age is limited as well as its `exp`: one that another program
 * made for a year would be a second secret.
 *
 * @throws ProblemError `unauthorized` if it is invalid
 */
export async function verifyOperatorToken(
  token: string,
  secrets: readonly string[],
): Promise<void> {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret));
  await verifyWith(keys, token, {
    typ: typeOf("operator"),
    audience: audienceOf("operator"),
    maxTokenAge: LIFETIME,
    clockTolerance: CLOCK_SKEW_S,
  });
}
