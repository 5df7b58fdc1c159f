import { KIB } from "../../protocol/index.ts";
import { ByteSearcher } from "../multipart/byte-search.ts";

/**
 * Bytes of boxes that are parsed. `image-size` looks through all of them again for each dimension of a
 * HEIF, so that 128 KiB of small boxes would take 200 ms. The dimensions are in the first few hundred.
 */
const BOX_BYTES = 16 * KIB;
/**
 * Bytes of a ZIP archive. `file-type` copies the rest of the head for each small entry. Office writes
 * the entry that shows a document's type first.
 */
const ZIP_BYTES = 32 * KIB;
/**
 * Bytes that may contain an SVG's root element. `image-size` looks for it with a regular expression,
 * which reads up to the end of the text from each `<svg`. It requires the element in the first 1,000.
 */
const SVG_BYTES = 1000;
const SVG = new ByteSearcher("<svg");

const LATIN1 = new TextDecoder("latin1");

/** The first box of HEIF, AVIF, MP4 and QuickTime files, of JPEG XL, and of JPEG 2000. */
const FIRST_BOXES: ReadonlySet<string> = new Set([
  "ftyp",
  "JXL ",
  "jP  ",
  "moov",
  "mdat",
  "free",
  "skip",
  "wide",
  "pnot",
]);

/** Returns as much of a file's head as the parsers read in a time that doesn't grow with its square. */
export function affordableHead(head: Uint8Array): Uint8Array {
  if (FIRST_BOXES.has(latin1(head.subarray(4, 8)))) return head.subarray(0, BOX_BYTES);
  if (latin1(head.subarray(0, 4)) === "PK\x03\x04") return head.subarray(0, ZIP_BYTES);
  const start = head.subarray(0, SVG_BYTES);
  return SVG.indexIn(start) === -1 ? head : start;
}

export function isGzip([first, second, third]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b && third === 8;
}

function latin1(bytes: Uint8Array): string {
  return LATIN1.decode(bytes);
}
