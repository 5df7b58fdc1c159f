import { imageSize } from "image-size";
import { HEAD_BYTES } from "../../protocol/index.ts";

/** Decoding takes four bytes per pixel; more pixels would exceed a phone's memory. */
const MAX_PIXELS = 32_000_000;

/** From this EXIF orientation on, the picture is rotated by 90°, so width and height swap. */
const FIRST_ROTATED = 5;

interface CropSquare {
  left: number;
  top: number;
  side: number;
}

interface PictureSize {
  width: number;
  height: number;
}

/** The browser's decoder has refused a picture. */
export class UndecodableError extends Error {}

/**
 * Returns the middle of a picture as a square.
 *
 * @param side pixels of the result's side
 * @returns null if the picture is too large, or the file isn't a picture
 * @throws UndecodableError, and the browser's error if the file can't be read
 */
export async function drawSquare(blob: Blob, side: number): Promise<ImageBitmap | null> {
  const head = new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer());
  const square = middleSquare(head);
  if (square === null) return null;
  // Only the decoder knows the rotation of a HEIC picture, so it is decoded before it is cropped.
  if (isHeic(head)) return cropDecoded(await decoded(createImageBitmap(blob)), side);
  return decoded(crop(blob, square, side));
}

async function decoded(decoding: Promise<ImageBitmap>): Promise<ImageBitmap> {
  try {
    return await decoding;
  } catch (cause) {
    throw new UndecodableError("The browser can't decode the picture.", { cause });
  }
}

async function cropDecoded(picture: ImageBitmap, side: number): Promise<ImageBitmap> {
  try {
    return await crop(picture, squareIn(picture), side);
  } finally {
    picture.close();
  }
}

function crop(
  picture: Blob | ImageBitmap,
  { left, top, side }: CropSquare,
  resized: number,
): Promise<ImageBitmap> {
  const options = { resizeWidth: resized, resizeHeight: resized, resizeQuality: "medium" } as const;
  return createImageBitmap(picture, left, top, side, side, options);
}

/**
 * Returns the largest square in the middle of a picture, in pixels after rotation.
 *
 * @param head the first HEAD_BYTES of the file
 * @returns null if the picture is too large to draw, or the file isn't a picture
 */
export function middleSquare(head: Uint8Array): CropSquare | null {
  const size = sizeOf(head);
  return size === null || size.width * size.height > MAX_PIXELS ? null : squareIn(size);
}

function squareIn({ width, height }: PictureSize): CropSquare {
  const side = Math.min(width, height);
  const [left, top] = [width, height].map((length) => Math.floor((length - side) / 2));
  return { left: left ?? 0, top: top ?? 0, side };
}

function sizeOf(head: Uint8Array): PictureSize | null {
  try {
    const { width, height, orientation = 1 } = imageSize(head);
    return orientation < FIRST_ROTATED ? { width, height } : { width: height, height: width };
  } catch {
    return null;
  }
}

/** True if the file's brand (ISO base media file format) is one of HEIC's. */
function isHeic(head: Uint8Array): boolean {
  const brand = String.fromCharCode(...head.subarray(4, 12));
  return /^ftyp(?:heic|heix|hevc|hevx|heim|heis|mif1|msf1)$/u.test(brand);
}
