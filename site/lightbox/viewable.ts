import type { Ledger } from "../../client/index.ts";
import { isPictureType } from "../thumbnails/picture-type.ts";

/** Types that the lightbox opens. An SVG is served as bytes, which no browser draws. */
const PICTURE = /^image\/(?!svg)/u;
const VIDEO = /^video\//u;

export type Medium = "picture" | "video";

/** Returns the element that shows a file of this type; null if none does. */
export function mediumOf(type: string): Medium | null {
  if (PICTURE.test(type)) return "picture";
  return VIDEO.test(type) ? "video" : null;
}

/** True for a type that most browsers show. The lightbox comes to all others only on its way. */
export function isWorthOpening(type: string): boolean {
  return isPictureType(type) || mediumOf(type) === "video";
}

type ViewedLedger = Pick<Ledger, "count" | "isReplaced" | "state" | "type">;

/** True if the file is stored, and a picture or a video. */
function isViewable(ledger: ViewedLedger, file: number): boolean {
  const isStored = file < ledger.count && ledger.state(file) === "completed";
  return isStored && mediumOf(ledger.type(file)) !== null && !ledger.isReplaced(file);
}

/** Returns the ids of all viewable files, ascending: the order of the contact sheet. */
export function viewableFiles(ledger: ViewedLedger): Uint32Array {
  const files = new Uint32Array(ledger.count);
  let length = 0;
  for (let file = 0; file < files.length; file++)
    if (isViewable(ledger, file)) files[length++] = file;
  return files.subarray(0, length);
}

/**
 * Returns the index of a file, or of the one that follows where it was: the shown file may be deleted
 * meanwhile.
 *
 * @param files ids, ascending
 */
export function indexOfFile(files: Uint32Array, file: number): number {
  const index = files.findIndex((id) => id >= file);
  return index < 0 ? files.length - 1 : index;
}
