import { effect, signal } from "@preact/signals";
import {
  type ResumableBatch,
  type Source,
  Uploader,
  type UploaderOptions,
} from "../../client/index.ts";
import { LIMITS } from "../../protocol/index.ts";
import { readFiles } from "./read-files.ts";
import { type FileSlice, type FoundFile, type OnFound, readFolders } from "./read-folders.ts";
import type { IncomingFiles } from "./read-transfer.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import { Board } from "../batch/board.ts";
import { FileFilter } from "./file-filter.ts";
import { DeclarationQueue } from "./declaration-queue.ts";

/** Takes what is brought for a batch begun before: some of it are its files, the rest may not be meant. */
export type MatchSources = (upload: Upload, sources: readonly Source[]) => Promise<void>;

/** An uploader and what the page knows of it. */
export interface Upload {
  uploader: Uploader;
  board: Board;
  declarations: DeclarationQueue;
  /** Null where nobody sees the single files. */
  thumbnails: Thumbnails | null;
  /** Null of a new batch, whose files are all new. */
  matchSources: MatchSources | null;
}

/** The uploads of one page: one batch at a time, and what is still being read from the disk. */
export class Uploads {
  readonly current = signal<Upload | null>(null);
  /** How many drops of folders are being read. */
  readonly foldersReading = signal(0);
  readonly fileFilter = new FileFilter();
  /** Was there no file in the last drop? */
  readonly isEmptyDrop = signal(false);

  /** The most to send; null is as fast as it goes. */
  readonly bytesPerSecond = signal<number | null>(null);
  readonly #options: () => UploaderOptions;

  readonly #makeThumbnails: () => Thumbnails | null;

  /**
   * @param options asked for each new batch
   * @param makeThumbnails of each new batch
   */
  constructor(
    options: () => UploaderOptions,
    makeThumbnails: () => Thumbnails | null = () => null,
  ) {
    this.#options = options;
    this.#makeThumbnails = makeThumbnails;
    effect(() => {
      const uploader = this.current.value?.uploader;
      if (uploader) uploader.bytesPerSecond = this.bytesPerSecond.value;
    });
  }

  /** Uploads what was picked in a dialog. */
  addPicked(files: Iterable<File>): void {
    void this.addIncoming({ files: [...files], folders: [] });
  }

  /** Uploads what was dropped: files at once, and those in folders as they are found. */
  async addIncoming(incoming: IncomingFiles): Promise<void> {
    this.isEmptyDrop.value = incoming.files.length + incoming.folders.length === 0;
    if (this.isEmptyDrop.value) return;
    const upload = this.#openUpload() ?? this.start();
    const endSearch = startSearch(upload);
    this.fileFilter.clearSkipped();
    this.foldersReading.value += 1;
    // Of folders alone the first names are asked for before the page draws the batch.
    if (incoming.files.length > 0)
      await this.#addSlices(upload, (onFound) => readFiles(incoming.files, onFound));
    await this.#addSlices(upload, (onFound) => readFolders(incoming.folders, onFound));
    this.foldersReading.value -= 1;
    endSearch();
    this.isEmptyDrop.value = upload.board.acceptedCount === 0 && upload.matchSources === null;
    if (this.isEmptyDrop.value) this.clear();
  }

  /** Uploads what somebody has said is wanted, as new files. */
  addSources(sources: readonly Source[]): void {
    this.#filterAndAdd(this.#openUpload() ?? this.start(), sources, true);
  }

  async #addSlices(
    upload: Upload,
    read: (onFound: OnFound) => AsyncGenerator<FileSlice, void, void>,
  ): Promise<void> {
    const { board, matchSources } = upload;
    const found: FoundFile[] = [];
    // Of a batch begun before, most are listed already.
    if (matchSources === null) board.pending.found.add(found);
    const slices = read((files) => {
      found.push(...files);
      board.markDirty();
    });
    for await (const slice of slices) {
      found.splice(0, slice.read);
      board.markDirty();
      this.fileFilter.addUnreadable(slice.unreadable);
      if (matchSources === null) this.#filterAndAdd(upload, slice.sources);
      else await matchSources(upload, slice.sources);
    }
    board.pending.found.delete(found);
  }

  #filterAndAdd(
    { uploader, board, declarations }: Upload,
    sources: readonly Source[],
    areWanted = false,
  ): void {
    const { ledger, acceptedCount } = board;
    const canAddAgain = (id: number): boolean => ["failed", "cancelled"].includes(ledger.state(id));
    const limits = uploader.resumableBatch?.limits ?? LIMITS;
    const incoming = this.fileFilter.filter(
      sources,
      { limits, files: acceptedCount, canAddAgain },
      areWanted,
    );
    if (incoming.length > 0) declarations.push(incoming);
  }

  /** The batch at hand, while it takes more files. */
  #openUpload(): Upload | null {
    const upload = this.current.value;
    return upload !== null && acceptsFiles(upload) ? upload : null;
  }

  /** Begins a batch, or goes on with one that was begun before: what that misses is there to be incoming. */
  start(batch?: ResumableBatch, matchSources: MatchSources | null = null): Upload {
    this.clear();
    this.fileFilter.reset();
    const uploader = new Uploader({ ...this.#options(), ...(batch && { batch }) });
    const board = new Board(uploader);
    const thumbnails = this.#makeThumbnails();
    const declarations = new DeclarationQueue(uploader, board, (first, files) =>
      thumbnails?.add(first, files),
    );
    const upload = { uploader, board, declarations, thumbnails, matchSources };
    this.current.value = upload;
    return upload;
  }

  /** Leaves the batch at hand: back to the empty page. */
  clear(): void {
    this.current.value?.thumbnails?.dispose();
    this.current.value?.board.dispose();
    this.current.value?.uploader.dispose();
    this.current.value = null;
  }
}

/** Keeps the batch open for what may be found, until the answer is called. */
export function startSearch({ uploader, board }: Upload): () => void {
  board.searches.value += 1;
  uploader.open();
  return () => {
    board.searches.value -= 1;
    if (board.searches.value === 0) uploader.seal();
    board.markDirty();
  };
}

/** An uploader that idles has sealed its batch, or is about to: unless something holds it up. */
function acceptsFiles({ uploader, board, declarations }: Upload): boolean {
  if (uploader.missing.size > 0) return true;
  if (uploader.batch?.sealed === true) return false;
  return uploader.running || declarations.isStalled.value || board.ledger.localFailures.size > 0;
}
