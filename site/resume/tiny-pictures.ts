import { effect } from "@preact/signals";
import { savePictures } from "../persistence/batches.ts";
import type { Upload } from "../upload/uploads.ts";

const PICTURES = 6;
/** Pixels per side: shown at 24 CSS pixels, doubled for high-density screens. */
const SIDE = 48;
/** Files among which pictures are looked for. Others are unlikely to have thumbnails. */
const LOOKED_AT = 500;

/**
 * Saves six tiny pictures of a batch that has ended, for the list of recent batches: one request per
 * listed batch would cost more than it shows.
 *
 * @returns stops saving
 */
export function keepTinyPictures({ board, uploader, thumbnails }: Upload): () => void {
  let saved = 0;
  return effect(() => {
    const count = board.fileCount.value;
    if (thumbnails === null || !board.hasEnded.value || saved === PICTURES) return;
    void thumbnails.revision.value;
    const pictures = firstPictures(Math.min(count, LOOKED_AT), (file) => thumbnails.get(file));
    const id = uploader.resumableBatch?.id;
    if (pictures.length <= saved || id === undefined) return;
    saved = pictures.length;
    void drawRow(pictures).then((row) => row && savePictures(id, row));
  });
}

function firstPictures(
  count: number,
  pictureOf: (file: number) => ImageBitmap | null,
): ImageBitmap[] {
  const pictures: ImageBitmap[] = [];
  for (let file = 0; file < count && pictures.length < PICTURES; file++) {
    const picture = pictureOf(file);
    if (picture !== null) pictures.push(picture);
  }
  return pictures;
}

/** Returns the pictures side by side; null if the browser encodes none. */
function drawRow(pictures: readonly ImageBitmap[]): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = pictures.length * SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext("2d");
  for (const [index, picture] of pictures.entries())
    context?.drawImage(picture, index * SIDE, 0, SIDE, SIDE);
  // A browser that can't write WebP writes PNG.
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/webp", 0.8);
  });
}
