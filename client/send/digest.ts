import { fileUnreadable } from "../errors.ts";
import { toHex } from "../../protocol/index.ts";

/** A SHA-256; null without WebCrypto, which a page served over plain HTTP doesn't have. */
export type Sha256 = Uint8Array<ArrayBuffer> | null;

/** Returns the SHA-256 of bytes in memory. */
export async function sha256(bytes: BufferSource): Promise<Sha256> {
  if (!("subtle" in crypto)) return null;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/**
 * Returns the SHA-256 of a blob, which is read into memory.
 *
 * @throws ProblemError `file_unreadable`
 */
export async function blobSha256(blob: Blob): Promise<Sha256> {
  return "subtle" in crypto ? sha256(await bytesOf(blob)) : null;
}

/**
 * Returns the hex SHA-256 of a blob, which is read into memory; null without WebCrypto.
 *
 * @throws ProblemError `file_unreadable`
 */
export async function sha256Of(blob: Blob): Promise<string | null> {
  const digest = await blobSha256(blob);
  return digest && toHex(digest);
}

/** Returns the `Content-Digest` header (RFC 9530) with a SHA-256, or no header. */
export function contentDigest(digest: Sha256): Readonly<Record<string, string>> {
  if (digest === null) return {};
  return { "content-digest": `sha-256=:${btoa(String.fromCharCode(...digest))}:` };
}

async function bytesOf(blob: Blob): Promise<ArrayBuffer> {
  try {
    return await blob.arrayBuffer();
  } catch {
    throw fileUnreadable();
  }
}
