import type { Upload } from "../upload/uploads.ts";

interface ReadableBatch {
  id: string;
  tokens: { read: string };
}

/** Returns the batch with its read token; null if either is missing. */
export function readableBatch({ resumableBatch: batch }: Upload["uploader"]): ReadableBatch | null {
  const read = batch?.tokens.read;
  return batch && read !== undefined ? { id: batch.id, tokens: { read } } : null;
}
