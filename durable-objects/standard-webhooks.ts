import { base64Bytes } from "./base64.ts";

const HMAC = { name: "HMAC", hash: "SHA-256" } as const;
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/u;
/** Bytes of a secret, as Standard Webhooks limits them. */
const SECRET_BYTES = { least: 24, most: 64 };

/** Returns the key in a secret such as `whsec_…`; null for any other text. */
export function webhookKey(secret: string): Uint8Array<ArrayBuffer> | null {
  const [, base64] = SECRET.exec(secret) ?? [];
  const key = base64 === undefined ? null : base64Bytes(base64);
  if (!key || key.length < SECRET_BYTES.least || key.length > SECRET_BYTES.most) return null;
  return key;
}

/**
 * Returns the headers of an event, signed as Standard Webhooks define.
 *
 * @param keys each makes a signature, so that receivers can change to a new one at any time
 */
export async function signedHeaders(
  { id, body, now }: { id: string; body: string; now: number },
  keys: readonly Uint8Array<ArrayBuffer>[],
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const content = `${id}.${timestamp}.${body}`;
  const signatures = await Promise.all(keys.map((key) => signature(key, content)));
  return {
    "Content-Type": "application/json",
    "User-Agent": "Tallyman",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

async function signature(key: Uint8Array<ArrayBuffer>, content: string): Promise<string> {
  const imported = await crypto.subtle.importKey("raw", key, HMAC, false, ["sign"]);
  const signed = await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(content));
  const bytes = new Uint8Array(signed);
  return `v1,${btoa(String.fromCharCode(...bytes))}`;
}
