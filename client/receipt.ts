import { type Receipt, type ReceiptFile, toHex } from "../protocol/index.ts";
import {
  type Guard,
  isReceipt,
  isReceiptFile,
  isSignature,
  isSignedReceipt,
} from "./api/guards.ts";

/** The keys of `GET /v1/keys`: a JWK Set. */
export interface ReceiptKeys {
  keys: readonly { kid: string; x: string; kty: string; crv: string }[];
}

/** The content of a receipt whose signature and lines are valid. */
export interface VerifiedReceipt {
  receipt: Receipt;
  files: ReceiptFile[];
}

const CURVE = "Ed25519";

/**
 * Returns the content of a receipt, once its signature and the digest of its lines are verified.
 *
 * The keys have to come from the server that you trust. Compare `receipt.batch` with the batch that you
 * mean: the receipt of another batch of that server is valid as well.
 *
 * @param text the body of `GET /v1/batches/:batch/receipt`, unchanged
 * @param keys the body of `GET /v1/keys`
 * @throws Error if a line was changed, added, removed or moved, or none of the keys has signed it
 * @example
 * const text = await (await fetch(`${batch.links.self}/receipt?token=${read}`)).text();
 * const keys = await (await fetch("https://tallyman.example.com/v1/keys")).json();
 * const { receipt, files } = await verifyReceipt(text, keys);
 */
export async function verifyReceipt(text: string, keys: ReceiptKeys): Promise<VerifiedReceipt> {
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const lines = text.slice(0, end);
  const { receipt: shown, jws } = parse(text.slice(end), isSignedReceipt);
  const payload = await verifiedPayload(jws, keys);
  if (payload !== JSON.stringify(shown)) {
    throw new Error("The receipt is not the one that was signed.");
  }
  const receipt = parse(payload, isReceipt);
  const digest = await crypto.subtle.digest("SHA-256", encode(lines));
  if (toHex(new Uint8Array(digest)) !== receipt.sha256) {
    throw new Error("The lines of the receipt are not those that were signed.");
  }
  const all = lines.split("\n").slice(0, -1);
  return { receipt, files: all.map((line) => parse(line, isReceiptFile)) };
}

/** @throws Error if a text is other JSON, or none */
function parse<Body>(json: string, guard: Guard<Body>): Body {
  const value = jsonOf(json);
  if (guard(value)) return value;
  throw new Error("The receipt is incomplete, or is no receipt.");
}

function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** Returns the payload of a compact JWS (RFC 7515) that one of the keys has signed. */
async function verifiedPayload(jws: string, { keys }: ReceiptKeys): Promise<string> {
  const [header = "", payload = "", signature = ""] = jws.split(".");
  const { alg, kid } = parse(decode(header), isSignature);
  const key = keys.find((each) => each.kid === kid && each.crv === CURVE);
  if (alg !== "EdDSA" || !key) throw new Error(`The server has no key ${kid} for ${alg}.`);
  const { kty, crv, x } = key;
  const imported = await crypto.subtle.importKey("jwk", { kty, crv, x }, CURVE, false, ["verify"]);
  const signed = encode(`${header}.${payload}`);
  if (await crypto.subtle.verify(CURVE, imported, bytesOf(signature), signed)) {
    return decode(payload);
  }
  throw new Error("The signature of the receipt is not valid.");
}

function encode(text: string) {
  return new TextEncoder().encode(text);
}

function decode(base64url: string): string {
  return new TextDecoder().decode(bytesOf(base64url));
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
