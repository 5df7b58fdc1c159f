import { ProblemError } from "../http/problem.ts";
import { checksumMismatch } from "../http/storage-problem.ts";
import type { FormPart } from "../multipart/headers.ts";
import { sentDigest } from "./digest-fields.ts";

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
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
    return { digest: sentDigest((name) => headers.get(name.toLowerCase())), error: null };
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
