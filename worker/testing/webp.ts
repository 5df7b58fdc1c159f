/** The kinds of WebP: lossy, lossless, and extended, which may have several frames. */
type Kind = "VP8 " | "VP8L" | "VP8X";

/** Returns the head of a WebP, which is all that the Worker reads. */
export function webp(
  width: number,
  height: number,
  {
    kind = "VP8L",
    isAnimated = false,
    extra = 0,
  }: { kind?: Kind; isAnimated?: boolean; extra?: number } = {},
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(30 + extra);
  const view = new DataView(bytes.buffer);
  text(bytes, 0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  text(bytes, 8, `WEBP${kind}`);
  view.setUint32(16, bytes.length - 20, true);
  if (kind === "VP8 ") {
    bytes.set([0x9d, 0x01, 0x2a], 23);
    view.setUint16(26, width, true);
    view.setUint16(28, height, true);
  } else if (kind === "VP8L") {
    bytes[20] = 0x2f;
    view.setUint32(21, ((height - 1) << 14) | (width - 1), true);
  } else {
    bytes[20] = isAnimated ? 0x02 : 0;
    view.setUint32(24, width - 1, true);
    view.setUint16(27, height - 1, true);
  }
  return bytes;
}

function text(bytes: Uint8Array, at: number, value: string): void {
  bytes.set(new TextEncoder().encode(value), at);
}
