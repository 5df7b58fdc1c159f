import { effect } from "@preact/signals";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import type { Upload } from "../upload/uploads.ts";
import { BatchPictures } from "./batch-pictures.ts";
import { OwnTiles } from "./own-tiles.ts";

/** The pictures of a batch, and what ends their drawing. */
export interface StartedPictures {
  pictures: BatchPictures;
  dispose: () => void;
}

/** Draws the pictures of the files that are sent from here. */
export function senderPictures(upload: Upload, thumbnails: Thumbnails): StartedPictures {
  const { board, uploader } = upload;
  const pictures = new BatchPictures(async (sheet) => {
    const encoded = await thumbnails.worker.request({ task: "encode", sheet });
    return encoded.image;
  });
  const own = new OwnTiles({
    files: board.ledger,
    pictures: thumbnails,
    isSending: () => uploader.running,
    onTile: (file, tile) => void (tile && pictures.put(file, tile)),
  });
  const stop = effect(() => own.onProgress(board.changed.value));
  thumbnails.drawTiles(own);
  const dispose = (): void => {
    stop();
    own.dispose();
  };
  return { pictures, dispose };
}
