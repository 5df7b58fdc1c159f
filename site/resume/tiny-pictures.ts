import { effect } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import { savePictures } from "../persistence/batches.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import type { Upload } from "../upload/uploads.ts";

const PICTURES = 6;
/** Pixels per side: shown at 24 CSS pixels, doubled for high-density screens. */
const SIDE = 48;
/** The place of these pictures among the visible ones, which are drawn first. */
const PLACE = "recent batches";

/**
 * Saves six tiny pictures of a batch that has ended, for the list of recent batches: one request per
 * listed batch would cost more than it shows. They are drawn whether their rows are visible or not.
 *
 * @returns stops saving
 */
export function keepTinyPictures({ board, uploader, thumbnails }: Upload): () => void {
  let saved = "";
  return effect(() => {
    void board.tick.value;
    if (thumbnails === null) return;
    void thumbnails.revision.value;
    const files = firstFiles(thumbnails, board.ledger);
    thumbnails.setVisible(files, PLACE);
    const pictures = files.map((file) => thumbnails.get(file)).filter((it) => it !== null);
    const id = uploader.resumableBatch?.id;
    const isDue = board.hasEnded.value && files.length > 0 && String(files) !== saved;
    if (!isDue || pictures.length < files.length || id === undefined) return;
    saved = String(files);
    void drawRow(pictures).then((row) => row && savePictures(id, row));
  });
}

/** Returns the first files with a picture that are stored or may be. */
function firstFiles(thumbnails: Thumbnails, ledger: Pick<Ledger, "state">): readonly number[] {
  const files: number[] = [];
  for (const file of thumbnails.files) {
    if (files.length === PICTURES) break;
    if (!["failed", "cancelled"].includes(ledger.state(file))) files.push(file);
  }
  return files;
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
