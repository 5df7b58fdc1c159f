import { fileUnreadable } from "../errors.ts";

/**
 * Hex SHA-256 of a piece of a file, which is read into memory for the moment; null where there is no
 * WebCrypto.
 *
 * @throws ProblemError `file_unreadable`
 */
export async function sha256Of(piece: Blob): Promise<string | null> {
  const digest = await digestOf(piece);
  if (digest === null) return null;
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * `Content-Digest` of a piece of a file, as RFC 9530 writes it. The piece is read into memory for
 * the moment.
 *
 * @returns no header where there is no WebCrypto: a page served over plain HTTP does not have it
 * @throws ProblemError `file_unreadable`
 */
export async function contentDigest(piece: Blob): Promise<Readonly<Record<string, string>>> {
  const digest = await digestOf(piece);
  if (digest === null) return {};
  return { "content-digest": `sha-256=:${btoa(String.fromCharCode(...digest))}:` };
}

async function digestOf(piece: Blob): Promise<Uint8Array | null> {
  if (!("subtle" in crypto)) return null;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await bytesOf(piece)));
}

async function bytesOf(piece: Blob): Promise<ArrayBuffer> {
  try {
    return await piece.arrayBuffer();
  } catch {
    throw fileUnreadable();
  }
}
