import { effect, signal } from "@preact/signals";
import {
  type ResumableBatch,
  type Source,
  Uploader,
  type UploaderOptions,
} from "../../client/index.ts";
import { LIMITS } from "../../protocol/index.ts";
import { readFiles } from "./read-files.ts";
import { type DropSlice, type FoundFile, type OnFound, readFolders } from "./read-folders.ts";
import type { Taken } from "./take-drop.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import { Board } from "../batch/board.ts";
import { Gate } from "./file-filter.ts";
import { Intake } from "./intake.ts";

/** Takes what is brought for a batch begun before: some of it are its files, the rest may not be meant. */
export type Bring = (upload: Upload, sources: readonly Source[]) => Promise<void>;

/** An uploader and what the page knows of it. */
export interface Upload {
  uploader: Uploader;
  board: Board;
  intake: Intake;
  /** Null where nobody sees the single files. */
  thumbnails: Thumbnails | null;
  /** Null of a new batch, whose files are all new. */
  bring: Bring | null;
}

/** The uploads of one page: one batch at a time, and what is still being read from the disk. */
export class Uploads {
  readonly current = signal<Upload | null>(null);
  /** How many drops of folders are being read. */
  readonly reading = signal(0);
  readonly gate = new Gate();
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
  pick(files: Iterable<File>): void {
    void this.take({ files: [...files], folders: [] });
  }

  /** Uploads what was dropped: files at once, and those in folders as they are found. */
  async take(taken: Taken): Promise<void> {
    this.isEmptyDrop.value = taken.files.length + taken.folders.length === 0;
    if (this.isEmptyDrop.value) return;
    const upload = this.#open() ?? this.begin();
    const endSearch = search(upload);
    this.gate.forgetLeftOut();
    this.reading.value += 1;
    // Of folders alone the first names are asked for before the page draws the batch.
    if (taken.files.length > 0)
      await this.#bringAll(upload, (onFound) => readFiles(taken.files, onFound));
    await this.#bringAll(upload, (onFound) => readFolders(taken.folders, onFound));
    this.reading.value -= 1;
    endSearch();
    this.isEmptyDrop.value = upload.board.taken === 0 && upload.bring === null;
    if (this.isEmptyDrop.value) this.clear();
  }

  /** Uploads what somebody has said is wanted, as new files. */
  add(sources: readonly Source[]): void {
    this.#add(this.#open() ?? this.begin(), sources, true);
  }

  async #bringAll(
    upload: Upload,
    read: (onFound: OnFound) => AsyncGenerator<DropSlice, void, void>,
  ): Promise<void> {
    const { board, bring } = upload;
    const found: FoundFile[] = [];
    // Of a batch begun before, most are listed already.
    if (bring === null) board.coming.found.add(found);
    const slices = read((files) => {
      found.push(...files);
      board.touch();
    });
    for await (const slice of slices) {
      found.splice(0, slice.read);
      board.touch();
      this.gate.noteUnreadable(slice.unreadable);
      if (bring === null) this.#add(upload, slice.sources);
      else await bring(upload, slice.sources);
    }
    board.coming.found.delete(found);
  }

  #add({ uploader, board, intake }: Upload, sources: readonly Source[], areWanted = false): void {
    const { ledger, taken: files } = board;
    const isLost = (id: number): boolean => ["failed", "cancelled"].includes(ledger.state(id));
    const limits = uploader.resumableBatch?.limits ?? LIMITS;
    const taken = this.gate.admit(sources, { limits, files, isLost }, areWanted);
    if (taken.length > 0) intake.push(taken);
  }

  /** The batch at hand, while it takes more files. */
  #open(): Upload | null {
    const upload = this.current.value;
    return upload !== null && takesMore(upload) ? upload : null;
  }

  /** Begins a batch, or goes on with one that was begun before: what that misses is there to be taken. */
  begin(batch?: ResumableBatch, bring: Bring | null = null): Upload {
    this.clear();
    this.gate.beginBatch();
    const uploader = new Uploader({ ...this.#options(), ...(batch && { batch }) });
    const board = new Board(uploader);
    const thumbnails = this.#makeThumbnails();
    const intake = new Intake(uploader, board, (first, files) => thumbnails?.add(first, files));
    const upload = { uploader, board, intake, thumbnails, bring };
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
export function search({ uploader, board }: Upload): () => void {
  board.searches.value += 1;
  uploader.open();
  return () => {
    board.searches.value -= 1;
    if (board.searches.value === 0) uploader.seal();
    board.touch();
  };
}

/** An uploader that idles has sealed its batch, or is about to: unless something holds it up. */
function takesMore({ uploader, board, intake }: Upload): boolean {
  if (uploader.missing.size > 0) return true;
  if (uploader.batch?.sealed === true) return false;
  return uploader.running || intake.isStalled.value || board.ledger.localFailures.size > 0;
}
