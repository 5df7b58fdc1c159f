const ID = /^[0-9a-f]{32}$/u;

/** A new batch's id: 122 random bits, which nobody guesses. */
export function newBatchId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

export function isBatchId(text: string): boolean {
  return ID.test(text);
}
