import { SIDE, type ThumbnailResponse, type ThumbnailRequest } from "./messages.ts";
import { middleSquare } from "./picture.ts";
import { HEAD_BYTES } from "../../protocol/index.ts";

// Decoding a large picture takes long. In a worker it doesn't block the page.
addEventListener("message", ({ data }: MessageEvent<ThumbnailRequest>) => void respond(data));

async function respond({ file, blob }: ThumbnailRequest): Promise<void> {
  const bitmap = await thumbnailOf(blob).catch(() => null);
  const message: ThumbnailResponse = { file, bitmap };
  postMessage(message, { transfer: bitmap === null ? [] : [bitmap] });
}

async function thumbnailOf(blob: Blob): Promise<ImageBitmap | null> {
  const square = middleSquare(new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer()));
  if (square === null) return null;
  const { left, top, side } = square;
  const options = { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: "medium" } as const;
  return createImageBitmap(blob, left, top, side, side, options);
}
