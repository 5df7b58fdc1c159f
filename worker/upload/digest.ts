import { ProblemError } from "../http/problem.ts";
import { toHex } from "../../protocol/index.ts";

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** `sha-256=:base64:` (RFC 9530), possibly in a list with other algorithms. */
const SHA256_FIELD = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/]{43}=):/u;

/**
 * Returns the hex SHA-256 in a `Content-Digest` header; null without a header.
 *
 * @throws ProblemError `malformed_request` for a header without a SHA-256
 */
export function parseContentDigest(header: string | null): string | null {
  if (header === null) return null;
  const base64 = SHA256_FIELD.exec(header)?.[1];
  if (base64) return toHex(Uint8Array.fromBase64(base64));
  throw new ProblemError(
    "malformed_request",
    "The Content-Digest has no SHA-256; send `sha-256=:…:` with the digest in base64, or no header.",
  );
}
