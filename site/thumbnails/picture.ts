import { imageSize } from "image-size";

/** Decoding takes four bytes per pixel; more pixels would exceed a phone's memory. */
const MAX_PIXELS = 32_000_000;

/** From this EXIF orientation on, the picture is rotated by 90°, so width and height swap. */
const FIRST_ROTATED = 5;

interface CropSquare {
  left: number;
  top: number;
  side: number;
}

/**
 * Returns the largest square in the middle of a picture, in pixels after rotation.
 *
 * @param head the first HEAD_BYTES of the file
 * @returns null if the picture is too large to draw, or the file isn't a picture
 */
export function middleSquare(head: Uint8Array): CropSquare | null {
  const size = sizeOf(head);
  if (size === null || size.width * size.height > MAX_PIXELS) return null;
  const side = Math.min(size.width, size.height);
  const [left, top] = [size.width, size.height].map((length) => Math.floor((length - side) / 2));
  return { left: left ?? 0, top: top ?? 0, side };
}

function sizeOf(head: Uint8Array): { width: number; height: number } | null {
  try {
    const { width, height, orientation = 1 } = imageSize(head);
    return orientation < FIRST_ROTATED ? { width, height } : { width: height, height: width };
  } catch {
    return null;
  }
}
