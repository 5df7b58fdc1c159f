import { base64Bytes } from "./base64.ts";

/** A key that signs receipts, or the public half of one that has signed them. */
export interface ReceiptKey {
  /** The seed of a private key (RFC 8032), or the public key. */
  bytes: Uint8Array;
  isPublic: boolean;
}

/** Marks the public half of a retired key. */
const PUBLIC = "public:";
const KEY_BYTES = 32;

/** True if every word is a key, and the first one, if there is any, can sign. */
export function areReceiptKeys(words: string[]): boolean {
  return words.every((word) => keyIn(word) !== null) && words[0]?.startsWith(PUBLIC) !== true;
}

/** Returns the keys in words that `areReceiptKeys` has accepted. */
export function receiptKeysIn(words: string[]): ReceiptKey[] {
  return words.flatMap((word) => keyIn(word) ?? []);
}

function keyIn(word: string): ReceiptKey | null {
  const isPublic = word.startsWith(PUBLIC);
  const bytes = base64Bytes(isPublic ? word.slice(PUBLIC.length) : word);
  return bytes?.length === KEY_BYTES ? { bytes, isPublic } : null;
}
