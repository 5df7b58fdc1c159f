import { toHex } from "../protocol/index.ts";

/**
 * Returns the digest of a file's parts: hex SHA-256 of their SHA-256, 32 bytes each.
 *
 * @param digests of all parts, in hex and in order of their numbers
 */
export async function partsDigest(digests: readonly string[]): Promise<string> {
  const bytes = Uint8Array.fromHex(digests.join(""));
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
