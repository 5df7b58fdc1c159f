/**
 * Returns the bytes of Base64 of either alphabet, as `openssl` prints one and a JWK has the other; null for
 * any other text.
 */
export function base64Bytes(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
