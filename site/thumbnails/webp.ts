const TYPE = "image/webp";

/** Tried in this order until a picture is small enough. */
const QUALITIES = [0.8, 0.65, 0.5, 0.3, 0.1] as const;

/**
 * Returns a canvas as WebP of at most that many bytes; null if it has more in every quality.
 *
 * @throws Error in a browser that encodes no WebP, if the encoder in its place can't be loaded
 */
export async function encodeWebp(canvas: OffscreenCanvas, maxBytes: number): Promise<Blob | null> {
  const encode = (await writesWebp()) ? encodeNatively : await loadEncoder();
  for (const quality of QUALITIES) {
    const image = await encode(canvas, quality);
    if (image.size <= maxBytes) return image;
  }
  return null;
}

/** Returns a canvas as WebP, or as PNG in a browser that encodes no WebP. */
export function encodeNatively(
  canvas: OffscreenCanvas,
  quality: number = QUALITIES[0],
): Promise<Blob> {
  return canvas.convertToBlob({ type: TYPE, quality });
}

let writing: Promise<boolean> | null = null;

/** False in Safari, and in every browser on iPhones and iPads. */
function writesWebp(): Promise<boolean> {
  return (writing ??= tryToWrite());
}

async function tryToWrite(): Promise<boolean> {
  const canvas = new OffscreenCanvas(1, 1);
  // Without a context, it can't be encoded.
  canvas.getContext("2d");
  return (await encodeNatively(canvas)).type === TYPE;
}

/** Only those browsers load it, and only for a batch with pictures: 134 KB (gzip). */
async function loadEncoder(): Promise<typeof encodeNatively> {
  const { loadLibwebp } = await import("./libwebp.ts");
  const encode = await loadLibwebp();
  return async (canvas, quality) => new Blob([await encode(canvas, quality)], { type: TYPE });
}
