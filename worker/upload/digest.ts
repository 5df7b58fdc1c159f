import { ProblemError } from "../http/problem.ts";
import { checksumMismatch } from "../http/storage-problem.ts";
import type { FormPart } from "../multipart/headers.ts";

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** `sha-256=:base64:` (RFC 9530), possibly in a list with other algorithms. */
const SHA256_FIELD = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/]{43}=):/u;

/** `algorithm=:base64:` of any other algorithm. */
const OTHER_FIELD =
  /^\s*(?!sha-256=)[a-z*][a-z0-9_.*-]*=:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}={0,2}|[A-Za-z0-9+/]{3}=?)?:\s*$/u;

/**
 * Returns the hex SHA-256 in a `Content-Digest` header; null without one. Digests by other algorithms are
 * not checked, as RFC 9530 allows.
 *
 * @throws ProblemError `malformed_request` for a header that is invalid
 */
export function parseContentDigest(header: string | null): string | null {
  if (header === null) return null;
  const base64 = SHA256_FIELD.exec(header)?.[1];
  if (base64) return Uint8Array.fromBase64(base64).toHex();
  if (header.split(",").every((field) => OTHER_FIELD.test(field))) return null;
  throw new ProblemError(
    "malformed_request",
    `The Content-Digest ${JSON.stringify(header.slice(0, 100))} is invalid; send \`sha-256=:…:\` with the digest in base64, or no header.`,
  );
}

/**
 * Returns the digest in the headers of a form's part. An invalid one fails only its part, like one that
 * does not match.
 */
export function partDigest({ headers }: FormPart): {
  digest: string | null;
  error: ProblemError | null;
} {
  try {
    return { digest: parseContentDigest(headers.get("content-digest") ?? null), error: null };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { digest: null, error };
  }
}

/**
 * Returns the digest that content must have; null for any.
 *
 * @param sent the digest in the request
 * @param declared the digest in the file's declaration
 * @throws ProblemError `checksum_mismatch` for two different digests: no content has both
 */
export function requiredDigest(sent: string | null, declared: string | undefined): string | null {
  if (sent !== null && declared !== undefined && sent !== declared) throw checksumMismatch();
  return sent ?? declared ?? null;
}

/** @throws ProblemError `checksum_mismatch` unless the content has the required digest, if there is one */
export function checkDigest(sha256: string, required: string | null): void {
  if (required !== null && required !== sha256) throw checksumMismatch();
}
