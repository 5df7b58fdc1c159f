import { calculateJwkThumbprint } from "jose";
import { type ReceiptKey, type Settings, settings } from "../../durable-objects/index.ts";
import type { ReceiptKeyResource } from "../../protocol/index.ts";
import { ProblemError } from "../http/problem.ts";

/** The operator's keys for receipts. */
export interface ReceiptKeys {
  /** Signs receipts. */
  signer: CryptoKey;
  /** Public halves of all keys; the first is that of `signer`. */
  published: readonly [ReceiptKeyResource, ...ReceiptKeyResource[]];
}

/** Bytes before a seed in PKCS #8 (RFC 8410), the format of private keys in WebCrypto. */
const PKCS8_HEAD = Uint8Array.fromHex("302e020100300506032b657004220420");

const imported = new WeakMap<Settings, ReceiptKeys>();

/**
 * Returns the keys for receipts, imported once per isolate.
 *
 * @throws ProblemError `not_configured` if there is none
 */
export async function receiptKeys(env: Env): Promise<ReceiptKeys> {
  const configured = settings(env);
  // Not as a promise: one request can't wait for another.
  const keys = imported.get(configured) ?? (await importKeys(configured.receiptKeys));
  imported.set(configured, keys);
  return keys;
}

async function importKeys(keys: readonly ReceiptKey[]): Promise<ReceiptKeys> {
  const [first, ...others] = keys;
  if (!first) throw notConfigured();
  return {
    signer: await importSeed(first.bytes),
    published: [await publicKey(first), ...(await Promise.all(others.map(publicKey)))],
  };
}

function importSeed(seed: Uint8Array): Promise<CryptoKey> {
  const pkcs8 = new Uint8Array([...PKCS8_HEAD, ...seed]);
  return crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
}

async function publicKey({ bytes, isPublic }: ReceiptKey): Promise<ReceiptKeyResource> {
  const x = isPublic ? base64url(bytes) : await publicHalf(bytes);
  const key = { kty: "OKP", crv: "Ed25519", x } as const;
  return { ...key, alg: "EdDSA", use: "sig", kid: await calculateJwkThumbprint(key) };
}

async function publicHalf(seed: Uint8Array): Promise<string> {
  const exported = await crypto.subtle.exportKey("jwk", await importSeed(seed));
  if ("x" in exported && typeof exported.x === "string") return exported.x;
  throw new TypeError("The exported key has no public half.");
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function notConfigured(): ProblemError {
  return new ProblemError(
    "not_configured",
    "This server signs no receipts; set RECEIPT_KEYS as docs/operating.md describes.",
  );
}
