/** Pixels of a thumbnail's side: shown at 40 CSS pixels, doubled for high-density screens. */
export const SIDE = 80;

/** Message to the thumbnail worker, one at a time. */
export interface ThumbnailRequest {
  /** The file's id. */
  file: number;
  blob: Blob;
}

export interface ThumbnailResponse {
  file: number;
  /** Null if the file can't be drawn. */
  bitmap: ImageBitmap | null;
}
