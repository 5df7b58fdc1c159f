import { createHmac } from "node:crypto";
import { DAY_MS, SECOND_MS } from "../../../protocol/index.ts";
import { GRANT_SECRET, START } from "../world.ts";

/** Days for which a grant is valid, more than a simulation takes. */
const GRANT_DAYS = 100;

/** Signs a grant as the app's backend does. WebCrypto would take a random time. */
export function signGrant(sub: string, limits: Record<string, unknown> = {}): string {
  const exp = (START + GRANT_DAYS * DAY_MS) / SECOND_MS;
  const content = [
    { alg: "HS256", typ: "JWT" },
    { sub, exp, limits },
  ]
    .map(base64url)
    .join(".");
  const signature = createHmac("sha256", GRANT_SECRET).update(content).digest("base64url");
  return `${content}.${signature}`;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
