import type { Upload } from "./uploads.ts";

/**
 * True while nothing is known of a batch that was resumed or opened again. Its files may be known already,
 * page by page, which say nothing about the others.
 */
export function isOpening({ uploader, board }: Pick<Upload, "uploader" | "board">): boolean {
  const isNew = uploader.created !== null || uploader.resumableBatch === null;
  return board.batch.value === null && !isNew;
}
