/** Pixels of a thumbnail's side: shown at 40 CSS pixels, doubled for high-density screens. */
export const SIDE = 80;

/** Message to the picture worker. It responds to each, in their order. */
export type PictureRequest =
  /** Draws a file's picture as a thumbnail, or onto its sheet, or both, and decodes it once. */
  | { task: "draw"; file: number; blob: Blob; isThumbnail: boolean; isTile: boolean }
  /** Draws a stored sheet below the tiles that were drawn here. */
  | { task: "load"; sheet: number; image: Blob }
  /** Encodes a sheet, and removes the pictures of these files from it. */
  | { task: "encode"; sheet: number; without: readonly number[]; format: SheetFormat };

/**
 * `stored` is the server's: WebP of at most 512 KiB. `local` is the one that this browser writes fastest.
 */
export type SheetFormat = "stored" | "local";

export type PictureResponse = DrawnPicture | EncodedSheet | { task: "load" };

/** Both are null if the file can't be drawn. */
export interface DrawnPicture {
  task: "draw";
  thumbnail: ImageBitmap | null;
  tile: ImageBitmap | null;
  /** True if the browser's decoder has refused the file, which may be so for all files of its format. */
  isUndecodable: boolean;
}

export interface EncodedSheet {
  task: "encode";
  /** Null if it can't be encoded. */
  image: Blob | null;
}
