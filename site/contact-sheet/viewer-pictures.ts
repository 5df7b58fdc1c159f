import { effect } from "@preact/signals";
import { serverNow } from "../../client/api/server-time.ts";
import { type BatchResource, isBatchOver } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { sheetOf } from "../thumbnails/sheets.ts";
import { BatchPictures } from "./batch-pictures.ts";
import type { SheetThumbnails } from "./sheet-thumbnails.ts";
import { StoredSheets } from "./stored-sheets.ts";

/** Time after the end of a batch in which its sheets come: each is stored when its pictures are drawn. */
const LATE_MS = 60_000;

/** The pictures that a viewer has, and what ends their loading. */
export interface StartedPictures {
  pictures: BatchPictures;
  dispose: () => void;
}

/**
 * Loads the sheets that the sender stored with the batch.
 *
 * @param token a read token
 * @param thumbnails takes each sheet as well
 */
export function viewerPictures(
  board: Board,
  token: string,
  thumbnails: SheetThumbnails,
): StartedPictures {
  const stopping = new AbortController();
  /** Encoded: together a few megabytes. */
  const images = new Map<number, Blob>();
  const pictures = new BatchPictures(
    async (sheet) => images.get(sheet) ?? null,
    (file) => !images.has(sheetOf(file)) && mayCome(board.batch.peek(), sheetOf(file), serverNow()),
  );
  const stored = new StoredSheets({
    access: () => board.batch.peek() && { batch: board.batch.peek()?.id ?? "", token },
    onSheet: async ({ sheet, image }) => {
      images.set(sheet, image);
      thumbnails.setSheet(sheet, image);
      await pictures.putSheet(sheet, image, () => true);
    },
    signal: stopping.signal,
  });
  const stop = effect(() => stored.load(board.batch.value?.sheets));
  const dispose = (): void => {
    stop();
    stopping.abort();
  };
  return { pictures, dispose };
}

/** True if the sender may still store a sheet of the batch. Some browsers store none (docs/browsers.md). */
export function mayCome(
  batch: Pick<BatchResource, "state" | "updatedAt" | "sheets"> | null,
  sheet: number,
  now: number,
): boolean {
  if (batch === null || batch.sheets?.[sheet] !== undefined || !isBatchOver(batch.state))
    return true;
  return Date.parse(batch.updatedAt) + LATE_MS > now;
}
