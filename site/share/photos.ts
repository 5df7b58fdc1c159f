import type { Ledger } from "../../client/index.ts";

/** Types of pictures that cameras write, with the time and often the place in them. */
const CAMERA_TYPE = /^image\/(?:jpeg|heic|heif|tiff|x-(?:adobe-dng|canon|nikon|sony))/u;
const CAMERA_NAME = /\.(?:jpe?g|heic|heif|tiff?|dng)$/iu;

/** Files to look at: a batch of photos has one among its first. */
const LOOKED_AT = 200;

/** True if photos that may contain their location are among the first files. */
export function hasPhotos(ledger: Pick<Ledger, "count" | "name" | "type">): boolean {
  const count = Math.min(ledger.count, LOOKED_AT);
  for (let file = 0; file < count; file++) {
    if (CAMERA_TYPE.test(ledger.type(file)) || CAMERA_NAME.test(ledger.name(file))) return true;
  }
  return false;
}
