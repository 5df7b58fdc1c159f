import type { Uploads } from "./uploads.ts";

/** True if files are being read, or wait for an answer or a retry. Only this page has them. */
export function hasWaitingFiles({ current, fileFilter, foldersReading }: Uploads): boolean {
  if (foldersReading.peek() + fileFilter.duplicates.peek().length > 0) return true;
  const { pending, ledger } = current.peek()?.board ?? {};
  return (pending?.undeclared.length ?? 0) + (ledger?.localFailures.size ?? 0) > 0;
}
