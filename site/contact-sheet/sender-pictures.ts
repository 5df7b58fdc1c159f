import { effect } from "@preact/signals";
import { SHEET_FILES } from "../../protocol/index.ts";
import type { SheetFormat } from "../thumbnails/messages.ts";
import { sheetOf } from "../thumbnails/sheets.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import type { Upload } from "../upload/uploads.ts";
import { BatchPictures, filesOn } from "./batch-pictures.ts";
import { OwnTiles } from "./own-tiles.ts";
import { getSheet, putSheet, type SheetAccess, type SheetAnswer } from "./sheet-requests.ts";
import { type DrawnSheet, SheetSender } from "./sheet-sender.ts";
import { type StoredSheet, StoredSheets } from "./stored-sheets.ts";
import type { StartedPictures } from "./viewer-pictures.ts";

/** Draws the pictures of the files that are sent from here, and stores their sheets with the batch. */
export function senderPictures(upload: Upload, thumbnails: Thumbnails): StartedPictures {
  const sheets = new SenderPictures(upload, thumbnails);
  return { pictures: sheets.pictures, dispose: () => sheets.dispose() };
}

/** The pictures of a batch that is sent from here: drawn here, or stored earlier or by another device. */
class SenderPictures {
  readonly pictures: BatchPictures;
  readonly #upload: Upload;
  readonly #thumbnails: Thumbnails;
  readonly #own: OwnTiles;
  readonly #stored: StoredSheets;
  readonly #sender: SheetSender;
  readonly #stopping = new AbortController();
  readonly #stopEffects: readonly (() => void)[];
  /** The sheet that is being stored: the batch may name the new version before the response is here. */
  #storing: number | null = null;

  constructor(upload: Upload, thumbnails: Thumbnails) {
    this.#upload = upload;
    this.#thumbnails = thumbnails;
    this.pictures = new BatchPictures(
      (sheet) => this.#encode(sheet, "local"),
      (file) => this.#own.isExpected(file) || this.#stored.isAwaited(sheetOf(file)),
    );
    this.#own = this.#startOwn();
    this.#stored = new StoredSheets({
      access: () => this.#access(),
      onSheet: (stored) => this.#merge(stored),
      signal: this.#stopping.signal,
    });
    this.#sender = this.#startSender();
    this.#stopEffects = [effect(() => this.#onBatch()), effect(() => this.#onFiles())];
    thumbnails.drawTiles(this.#own);
  }

  dispose(): void {
    for (const stop of this.#stopEffects) stop();
    this.#stopping.abort();
    this.#sender.dispose();
    this.#own.dispose();
  }

  #startOwn(): OwnTiles {
    const { board, uploader } = this.#upload;
    return new OwnTiles({
      files: board.ledger,
      pictures: this.#thumbnails,
      isSending: () => uploader.running,
      onTile: (file, tile) => this.#onTile(file, tile),
    });
  }

  #startSender(): SheetSender {
    return new SheetSender({
      draw: (sheet) => this.#draw(sheet),
      put: (sheet, drawn) => this.#put(sheet, drawn),
      merge: (sheet) => this.#mergeStored(sheet),
      isUnlisted: (sheet) => this.#isUnlisted(sheet),
      isComplete: (sheet) => this.#isComplete(sheet),
      isIdle: () => !this.#upload.uploader.running,
      isOpen: () =>
        this.#access() !== null && this.#upload.board.batch.peek()?.state !== "cancelled",
    });
  }

  #onTile(file: number, tile: ImageBitmap | null): void {
    if (tile === null) return this.pictures.onChange([file]);
    this.pictures.put(file, tile);
    if (this.#upload.board.ledger.state(file) === "cancelled") return this.#clear(file);
    this.#sender.onChanged(sheetOf(file));
  }

  /**
   * Called for each change of the batch, in an effect: loads the sheets of other devices, and sends those
   * that were removed. The server can't know which files a sheet shows, and removes it with any of its files.
   */
  #onBatch(): void {
    const { sheets } = this.#upload.board.batch.value ?? {};
    const { [String(this.#storing)]: _, ...named } = sheets ?? {};
    this.#stored.load(named);
    for (const sheet of this.#stored.unnamed)
      if (this.#isUnlisted(sheet)) this.#sender.onUnlisted(sheet);
  }

  #isUnlisted(sheet: number): boolean {
    if (sheet === this.#storing || !this.#stored.unnamed.includes(sheet)) return false;
    return this.pictures.tiles.isDrawn(sheet);
  }

  /** Called for each change of files, in an effect. */
  #onFiles(): void {
    const { changed, ledger } = this.#upload.board;
    this.#own.onProgress(changed.value);
    for (const file of changed.value) {
      if (ledger.state(file) === "cancelled" && this.pictures.tiles.has(file)) this.#clear(file);
    }
  }

  /** Removes a cancelled file's picture, also for viewers. */
  #clear(file: number): void {
    this.pictures.remove(file);
    this.#sender.onChanged(sheetOf(file));
  }

  async #merge({ sheet, image, etag }: StoredSheet): Promise<void> {
    this.#stored.setKnown(sheet, etag);
    await this.#thumbnails.worker.request({ task: "load", sheet, image });
    const { ledger } = this.#upload.board;
    const isWanted = (file: number): boolean =>
      !this.#own.isDrawn(file) && ledger.state(file) !== "cancelled";
    await this.pictures.putSheet(sheet, image, isWanted);
  }

  async #mergeStored(sheet: number): Promise<void> {
    const access = this.#access();
    const answer = access && (await getSheet(access, sheet, null, this.#stopping.signal));
    if (answer?.status === 404) this.#stored.forget(sheet);
    const { image = null, etag = null } = answer ?? {};
    if (image !== null && etag !== null) await this.#merge({ sheet, image, etag });
  }

  async #encode(sheet: number, format: SheetFormat): Promise<Blob | null> {
    const { ledger } = this.#upload.board;
    const isCancelled = (file: number): boolean => ledger.state(file) === "cancelled";
    const without = filesOn(sheet).filter(isCancelled);
    const request = { task: "encode", sheet, without, format } as const;
    return (await this.#thumbnails.worker.request(request)).image;
  }

  async #draw(sheet: number): Promise<DrawnSheet | null> {
    if (this.#isUnlisted(sheet)) this.#stored.forget(sheet);
    // Before the sheet is drawn: a version that comes meanwhile isn't on it, and must not be replaced.
    const etag = this.#stored.etagOf(sheet);
    const image = await this.#encode(sheet, "stored");
    return image && { image, etag };
  }

  async #put(sheet: number, drawn: DrawnSheet): Promise<SheetAnswer | null> {
    const access = this.#access();
    if (access === null) return null;
    this.#storing = sheet;
    try {
      const answer = await putSheet(access, sheet, drawn, this.#stopping.signal);
      if (answer?.status === 204 && answer.etag !== null) this.#stored.setKnown(sheet, answer.etag);
      return answer;
    } finally {
      this.#storing = null;
      this.#onBatch();
    }
  }

  /** True if all files of the sheet are declared, and all pictures that are here are drawn. */
  #isComplete(sheet: number): boolean {
    const { ledger, isGrowing } = this.#upload.board;
    const isFull = ledger.count >= (sheet + 1) * SHEET_FILES;
    return (isFull || !isGrowing.peek()) && this.#own.isComplete(sheet);
  }

  #access(): SheetAccess | null {
    const { uploader } = this.#upload;
    const batch = uploader.resumableBatch;
    return batch && { batch: batch.id, token: batch.tokens.write };
  }
}
