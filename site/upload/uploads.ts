import { effect, signal } from "@preact/signals";
import {
  type ResumableBatch,
  type Source,
  Uploader,
  type UploaderOptions,
} from "../../client/index.ts";
import { LIMITS, type Limits } from "../../protocol/index.ts";
import { Board } from "../batch/board.ts";
import type { FoundFile } from "../batch/pending-files.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import { DeclarationQueue } from "./declaration-queue.ts";
import { divideDrop } from "./divide-drop.ts";
import { type Duplicates, FileFilter, type FilteredFiles } from "./file-filter.ts";
import { folderName } from "./folder-name.ts";
import { countSkipped } from "./skipped-files.ts";
import { readFiles } from "./read-files.ts";
import type { NextLimits } from "./next-limits.ts";
import { type FileSlice, type OnFound, readFolders } from "./read-folders.ts";
import type { IncomingFiles } from "./read-drop.ts";

/** Matches files with those of a resumed batch. Files without a match are not added to it. */
export type MatchSources = (upload: Upload, sources: readonly Source[]) => Promise<void>;

/** A batch that is uploaded from this page. */
export interface Upload {
  uploader: Uploader;
  board: Board;
  declarations: DeclarationQueue;
  /** Aborted once no more files are added to the batch: it was cancelled, or isn't shown any more. */
  ending: AbortController;
  /** Null if no list shows the files. */
  thumbnails: Thumbnails | null;
  /** Null for a new batch, to which all files are added. */
  matchSources: MatchSources | null;
  /** True for a batch that had ended before it was opened here. */
  hadEnded: boolean;
}

/** The batch to start: by default, a new one. */
interface Start {
  /** The batch to resume. */
  batch?: ResumableBatch;
  /** Receives the files that are added to a resumed batch. */
  matchSources?: MatchSources | null;
  /** Name of a new batch. */
  name?: string | null;
  /** True for a batch that had ended before. */
  hadEnded?: boolean;
}

/** Reads the files of a drop. */
type ReadFiles = (onFound: OnFound) => AsyncGenerator<FileSlice, void, void>;

/** The uploads of one page: one batch at a time, and the drops that are being read from disk. */
export class Uploads {
  readonly current = signal<Upload | null>(null);
  /** Number of drops that are being read. */
  readonly foldersReading = signal(0);
  readonly fileFilter = new FileFilter();
  /** True if the last drop contained no files, not even some that were skipped. */
  readonly isEmptyDrop = signal(false);
  /** Ends once the batches that are being opened are here; null if there are none. */
  readonly opening = signal<Promise<unknown> | null>(null);
  /** Number of drops that wait for `opening`. */
  readonly waiting = signal(0);

  /** Bandwidth limit; null means none. */
  readonly bytesPerSecond = signal<number | null>(null);
  /** Limits of a batch that isn't created yet. */
  readonly nextLimits: NextLimits;
  readonly #options: (name: string | null) => UploaderOptions;
  readonly #makeThumbnails: () => Thumbnails | null;

  /**
   * @param options called for each new batch, with the name of its folder, if it has one
   * @param makeThumbnails called for each new batch
   */
  constructor(
    options: (name: string | null) => UploaderOptions,
    nextLimits: NextLimits,
    makeThumbnails: () => Thumbnails | null = () => null,
  ) {
    this.#options = options;
    this.nextLimits = nextLimits;
    this.#makeThumbnails = makeThumbnails;
    effect(() => {
      const uploader = this.current.value?.uploader;
      if (uploader) uploader.bytesPerSecond = this.bytesPerSecond.value;
    });
  }

  /** Limits of the current batch, or of the next one. */
  get limits(): Limits {
    return this.#limitsOf(this.current.value);
  }

  #limitsOf(upload: Upload | null): Limits {
    const batch = upload?.uploader.resumableBatch;
    return batch ? (batch.limits ?? LIMITS) : this.nextLimits.value.value;
  }

  /** Lets the files that are added before the end of `opening` wait for it: they may be of that batch. */
  holdDuring(opening: Promise<unknown>): void {
    const ended = Promise.allSettled([this.opening.peek(), opening]).then(() => {
      if (this.opening.peek() === ended) this.opening.value = null;
    });
    this.opening.value = ended;
  }

  /** Resolves once no batch is being opened. */
  async opened(): Promise<void> {
    this.waiting.value += 1;
    while (this.opening.peek() !== null) await this.opening.peek();
    this.waiting.value -= 1;
  }

  /** Uploads files that were chosen in a dialog. */
  addPicked(files: Iterable<File>): void {
    void this.addIncoming({ files: [...files], folders: [] });
  }

  /** Uploads dropped files, and files in dropped folders as they are found. */
  async addIncoming(incoming: IncomingFiles): Promise<void> {
    this.isEmptyDrop.value = incoming.files.length + incoming.folders.length === 0;
    if (this.isEmptyDrop.value) return;
    // Not awaited otherwise: handles of the dropped files are saved with the batch that a drop has started.
    if (this.opening.peek() !== null) await this.opened();
    const upload = this.#openUpload() ?? this.start({ name: folderName(incoming) });
    // They may be among the dropped files, which are listed once.
    upload.declarations.retry();
    const endSearch = startSearch(upload);
    const onAllFound = countOpenSearch(upload);
    this.fileFilter.clearSkipped();
    const { resumableBatch } = upload.uploader;
    const limits = resumableBatch === null ? this.nextLimits.ready() : Promise.resolve();
    this.foldersReading.value += 1;
    const endReading = endOnce(upload, () => (this.foldersReading.value -= 1));
    try {
      const { files, folders } = await divideDrop(incoming);
      if (folders.length === 0) onAllFound();
      // Skipped without files, so that reading folders starts before the page renders the batch.
      const add = (read: ReadFiles): Promise<void> => this.#addSlices(upload, limits, read);
      if (files.length > 0) await add((onFound) => readFiles(files, onFound));
      await add((onFound) => readFolders(folders, onFound, onAllFound));
    } finally {
      // A search that never ends would keep the batch open.
      endReading();
      onAllFound();
      endSearch();
    }
    if (!isEnded(upload) && isWithoutFiles(upload)) {
      this.isEmptyDrop.value = countSkipped(this.fileFilter.skipped.peek()) === 0;
      this.clear();
    }
  }

  /** Uploads files without a question. They replace files with their paths that aren't stored. */
  addSources(sources: readonly Source[]): void {
    this.#filterAndAdd(this.#openUpload() ?? this.start(), sources, "replace");
  }

  /** Uploads the duplicates as further files. */
  addDuplicates(): void {
    const sources = this.fileFilter.takeDuplicates();
    this.#filterAndAdd(this.#openUpload() ?? this.start(), sources, "add");
  }

  async #addSlices(upload: Upload, limits: Promise<void>, read: ReadFiles): Promise<void> {
    if (isEnded(upload)) return;
    const { board, matchSources } = upload;
    const found: FoundFile[] = [];
    // Most files of a resumed batch are listed already.
    if (matchSources === null) board.pending.found.add(found);
    const slices = read((files) => {
      found.push(...files);
      board.markDirty();
    });
    try {
      for await (const slice of slices) {
        await limits;
        // Otherwise, the filter would take the files of a discarded batch for those of the next one.
        if (isEnded(upload)) return;
        found.splice(0, slice.read);
        board.markDirty();
        this.fileFilter.skip(slice.skipped);
        if (matchSources === null) this.#filterAndAdd(upload, slice.sources);
        else await matchSources(upload, slice.sources);
      }
    } finally {
      board.pending.found.delete(found);
    }
  }

  #filterAndAdd(upload: Upload, sources: readonly Source[], duplicates?: Duplicates): void {
    const { accepted, again } = this.#filter(upload, sources, duplicates);
    if (accepted.length > 0) upload.declarations.push(accepted);
    if (again.length > 0) void this.#addAgain(upload, again, duplicates);
  }

  #filter(upload: Upload, sources: readonly Source[], duplicates?: Duplicates): FilteredFiles {
    const { board } = upload;
    const { ledger, acceptedCount: files } = board;
    const batch = { limits: this.#limitsOf(upload), files, bytes: countedBytes(board), ledger };
    return this.fileFilter.filter(sources, batch, duplicates);
  }

  /** Adds files in place of earlier ones with their paths, once those are declared. */
  async #addAgain(
    upload: Upload,
    sources: readonly Source[],
    duplicates?: Duplicates,
  ): Promise<void> {
    const endSearch = startSearch(upload);
    try {
      await upload.uploader.request(() => undefined);
      if (isEnded(upload)) return;
      // Those that are stored by now would be sent once more.
      const { accepted, again } = this.#filter(upload, sources, duplicates);
      upload.uploader.add([...accepted, ...again]);
    } finally {
      endSearch();
    }
  }

  /** Returns the current upload; null if there is none or it accepts no more files. */
  #openUpload(): Upload | null {
    const upload = this.current.value;
    return upload !== null && acceptsFiles(upload) ? upload : null;
  }

  /** Starts a batch, or resumes one. */
  start({ batch, matchSources = null, name = null, hadEnded = false }: Start = {}): Upload {
    this.clear();
    const uploader = new Uploader({ ...this.#options(name), ...(batch && { batch }) });
    const board = new Board(uploader);
    const thumbnails = this.#makeThumbnails();
    const declarations = new DeclarationQueue(uploader, board, (first, files) =>
      thumbnails?.add(first, files),
    );
    const ending = new AbortController();
    const parts = { uploader, board, declarations, ending, thumbnails };
    const upload = { ...parts, matchSources, hadEnded };
    endWhenCancelled(upload);
    this.current.value = upload;
    return upload;
  }

  /** Closes the current upload, which returns to the empty page. */
  clear(): void {
    if (this.current.value !== null) this.nextLimits.renew();
    this.fileFilter.reset();
    // The batch stays as it is on the server: without its files that wait, the uploader would seal it.
    this.current.value?.uploader.dispose();
    this.current.value?.ending.abort();
    this.current.value?.thumbnails?.dispose();
    this.current.value?.board.dispose();
    this.current.value = null;
  }
}

/**
 * Returns the bytes that count towards the batch's limit. Files that have failed count only if they can be
 * retried, which the server knows: here, none of them does.
 */
function countedBytes({ ledger, pending }: Board): number {
  const { all, failed, cancelled } = ledger.bytes;
  return all - failed - cancelled + pending.undeclaredBytes;
}

/** Ends the addition of files when the batch is cancelled, by whichever device. */
function endWhenCancelled({ uploader, board, declarations, ending }: Upload): void {
  const check = (): void => {
    if (uploader.cancelled) ending.abort();
  };
  uploader.on("batch", check);
  uploader.on("progress", check);
  ending.signal.addEventListener("abort", () => {
    board.pending.found.clear();
    declarations.end();
  });
}

function isEnded({ ending }: Upload): boolean {
  return ending.signal.aborted;
}

/** Calls `end` once: with the returned function, or when no more files are added to the batch. */
function endOnce({ ending }: Upload, end: () => void): () => void {
  const ended = new AbortController();
  const endNow = (): void => {
    if (ended.signal.aborted) return;
    ended.abort();
    end();
  };
  ending.signal.addEventListener("abort", endNow, ended);
  return endNow;
}

/** Keeps the batch open while files are searched for. @returns ends the search */
export function startSearch(upload: Upload): () => void {
  const { uploader, board } = upload;
  board.searches.value += 1;
  uploader.open();
  return endOnce(upload, () => {
    board.searches.value -= 1;
    if (board.searches.value === 0) uploader.seal();
    board.markDirty();
  });
}

/** True if the searches for the files of a new batch have ended, and found none to upload. */
function isWithoutFiles({ board, matchSources }: Upload): boolean {
  return matchSources === null && board.acceptedCount === 0 && board.searches.peek() === 0;
}

/** Counts a search as one that may find more files. @returns ends that, once */
function countOpenSearch(upload: Upload): () => void {
  const { board, matchSources } = upload;
  // The files of a resumed batch are known.
  if (matchSources !== null) return () => undefined;
  board.openSearches.value += 1;
  return endOnce(upload, () => {
    board.openSearches.value -= 1;
    board.markDirty();
  });
}

/** An idle uploader has sealed its batch or is about to, unless files are missing, stalled or failed. */
function acceptsFiles(upload: Upload): boolean {
  const { uploader, board, declarations, matchSources, hadEnded } = upload;
  if (isEnded(upload)) return false;
  // A resumed batch takes the content of its files even if it is sealed.
  const lacksContent = uploader.missing.size + board.ledger.localFailures.size > 0;
  if (matchSources ? lacksContent : uploader.missing.size > 0) return true;
  if (uploader.batch?.sealed === true) return false;
  // Nothing is known of a batch that is being opened.
  if (uploader.resumableBatch !== null && board.ledger.count === 0) return !hadEnded;
  return uploader.running || declarations.isStalled.value || board.ledger.localFailures.size > 0;
}
