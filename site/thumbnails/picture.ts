import { imageSize } from "image-size";

/** Drawing takes four bytes a pixel: with more of them a phone runs out of memory. */
const MAX_PIXELS = 32_000_000;

/** As much of a file's beginning as tells its size, be there a camera's preview before it. */
export const HEAD_BYTES = 128 * 1024;

/** From this EXIF orientation on, width and height are those of the picture lying on its side. */
const FIRST_ROTATED = 5;

interface CropSquare {
  left: number;
  top: number;
  side: number;
}

/**
 * The square in the middle of a picture, in pixels of the picture as it stands.
 *
 * @param head the first bytes of the file
 * @returns null for what is too large to draw, or is no picture
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
