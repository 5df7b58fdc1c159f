/** Pixels of a thumbnail's side: 40 on the page, and twice that for sharp screens. */
export const SIDE = 80;

/** What the page asks of the thumbnail worker, one at a time. */
export interface ThumbnailRequest {
  /** The file's id. */
  file: number;
  blob: Blob;
}

export interface ThumbnailResponse {
  file: number;
  /** Null where there is nothing to see. */
  bitmap: ImageBitmap | null;
}
