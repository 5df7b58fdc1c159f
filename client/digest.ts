import { fileUnreadable } from "./problems.ts";

/**
 * `Content-Digest` of a piece of a file, as RFC 9530 writes it. The piece is read into memory for
 * the moment.
 *
 * @returns no header where there is no WebCrypto: a page served over plain HTTP does not have it
 * @throws ProblemError `file_unreadable`
 */
export async function contentDigest(piece: Blob): Promise<Readonly<Record<string, string>>> {
  if (!("subtle" in crypto)) return {};
  const digest = await crypto.subtle.digest("SHA-256", await bytesOf(piece));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return { "content-digest": `sha-256=:${base64}:` };
}

async function bytesOf(piece: Blob): Promise<ArrayBuffer> {
  try {
    return await piece.arrayBuffer();
  } catch {
    throw fileUnreadable();
  }
}
