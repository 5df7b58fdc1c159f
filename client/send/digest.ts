import { fileUnreadable } from "../errors.ts";
import { toHex } from "../../protocol/index.ts";

/**
 * Returns the hex SHA-256 of a blob, which is read into memory; null without WebCrypto.
 *
 * @throws ProblemError `file_unreadable`
 */
export async function sha256Of(blob: Blob): Promise<string | null> {
  const digest = await digestOf(blob);
  return digest && toHex(digest);
}

/**
 * Returns the `Content-Digest` header (RFC 9530) of a blob, which is read into memory. Returns no
 * header without WebCrypto, which a page served over plain HTTP doesn't have.
 *
 * @throws ProblemError `file_unreadable`
 */
export async function contentDigest(blob: Blob): Promise<Readonly<Record<string, string>>> {
  const digest = await digestOf(blob);
  if (digest === null) return {};
  return { "content-digest": `sha-256=:${btoa(String.fromCharCode(...digest))}:` };
}

async function digestOf(blob: Blob): Promise<Uint8Array | null> {
  if (!("subtle" in crypto)) return null;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await bytesOf(blob)));
}

async function bytesOf(blob: Blob): Promise<ArrayBuffer> {
  try {
    return await blob.arrayBuffer();
  } catch {
    throw fileUnreadable();
  }
}
