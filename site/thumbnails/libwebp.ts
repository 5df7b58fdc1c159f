import encode, { init } from "@jsquash/webp/encode.js";

let loading: Promise<unknown> | null = null;

/**
 * Returns an encoder for canvases. It is the one of Chromium, as WebAssembly.
 *
 * @throws Error if it can't be loaded. The next call tries again.
 */
export async function loadLibwebp(): Promise<typeof encodeCanvas> {
  try {
    await (loading ??= init());
    return encodeCanvas;
  } catch (error) {
    loading = null;
    throw error;
  }
}

/** @param quality 0 to 1 */
async function encodeCanvas(canvas: OffscreenCanvas, quality = 1): Promise<ArrayBuffer> {
  const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
  if (pixels === undefined) throw new Error("The canvas has no 2D context.");
  return encode(pixels, { quality: quality * 100 });
}
