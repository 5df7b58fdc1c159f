import type { Upload } from "./uploads.ts";

/** Cancels the batch. Files that are still read or declared are added to it no more. */
export async function cancelUpload({ uploader, ending }: Upload): Promise<void> {
  // First, as a batch without files that wait would be sealed.
  const cancelled = uploader.cancel();
  ending.abort();
  await cancelled;
}
