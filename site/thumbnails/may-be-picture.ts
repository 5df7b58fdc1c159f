/** Types that browsers draw. */
const TYPES: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/avif",
  "image/bmp",
]);

/** A larger file is not read for the sake of a small picture. */
const MAX_BYTES = 32_000_000;

/** Is this worth a look whether there is a picture in it? */
export function isDrawableImage({ type, size }: Pick<Blob, "type" | "size">): boolean {
  return TYPES.has(type) && size > 0 && size <= MAX_BYTES;
}
