import { SHEET_SIDE } from "../../protocol/index.ts";
import { ProblemError } from "../http/problem.ts";

/** Bytes of the smallest head: RIFF, the form, the first chunk's name and length, and a size in it. */
const HEAD_BYTES = 30;
/** Bytes before those that the length of a RIFF file counts. */
const RIFF_BYTES = 8;
/** Flag of an animation in an extended WebP. */
const IS_ANIMATED = 0x02;

interface Size {
  width: number;
  height: number;
}

/** Returns the size by the first chunk of each kind of WebP; null if the chunk is malformed. */
const SIZES: Readonly<Record<string, (head: DataView) => Size | null>> = {
  // Lossy: the start code, and 14 bits of each side.
  "VP8 ": (head) => {
    const isFrame = head.getUint16(23) === 0x9d01 && head.getUint8(25) === 0x2a;
    const [width, height] = [head.getUint16(26, true) & 0x3fff, head.getUint16(28, true) & 0x3fff];
    return isFrame ? { width, height } : null;
  },
  // Lossless: the signature, and 14 bits of each side, less one.
  VP8L: (head) => {
    const bits = head.getUint32(21, true);
    const size = { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    return head.getUint8(20) === 0x2f ? size : null;
  },
  // Extended: flags, and 24 bits of each side, less one.
  VP8X: (head) => {
    const [width, height] = [24, 27].map((at) => 1 + (head.getUint32(at - 1, true) >>> 8));
    const isStill = (head.getUint8(20) & IS_ANIMATED) === 0;
    return isStill && width !== undefined && height !== undefined ? { width, height } : null;
  },
};

/**
 * Checks that a contact sheet is one still picture in WebP of at most 1,024 × 1,024 pixels, as far as its
 * head tells: a browser that draws it needs memory for its pixels. `image-size` also returns a size for
 * heads that are cut off.
 *
 * @throws ProblemError `type_refused`
 */
export function requireSheet(bytes: Uint8Array): void {
  const size = webpSize(bytes);
  if (size === null) throw refused("is not a still picture in WebP");
  const isInRange = [size.width, size.height].every((side) => side > 0 && side <= SHEET_SIDE);
  if (!isInRange) throw refused(`has ${size.width} × ${size.height} pixels`);
}

/** Returns the size of a still WebP; null for other bytes. */
function webpSize(bytes: Uint8Array): Size | null {
  if (bytes.length < HEAD_BYTES) return null;
  const head = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 16));
  const isWebp = text.startsWith("RIFF") && text.startsWith("WEBP", 8);
  const isWhole = head.getUint32(4, true) + RIFF_BYTES === bytes.length;
  return isWebp && isWhole ? (SIZES[text.slice(12)]?.(head) ?? null) : null;
}

function refused(fault: string): ProblemError {
  const detail = `The contact sheet ${fault}; send a WebP of at most ${SHEET_SIDE} × ${SHEET_SIDE} pixels.`;
  return new ProblemError("type_refused", detail);
}
