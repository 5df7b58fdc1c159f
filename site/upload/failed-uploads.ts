import type { Upload } from "./uploads.ts";

type FailedUpload = Pick<Upload, "declarations" | "uploader">;

/** Retries failed files, and those that couldn't be declared. @param files ids; default: all */
export function retryFailed(
  { declarations, uploader }: FailedUpload,
  files?: readonly number[],
): void {
  if (files === undefined) declarations.retry();
  uploader.retry(files);
}

/** Ends the batch without the failed files that keep it open, and those that couldn't be declared. */
export async function finishWithoutFailed({ declarations, uploader }: FailedUpload): Promise<void> {
  declarations.giveUp();
  await uploader.cancelFailed();
}
