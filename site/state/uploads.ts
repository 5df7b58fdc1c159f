import { effect, signal } from "@preact/signals";
import type {
  BegunBatch,
  offer as offerSources,
  Source,
  UploaderOptions,
} from "../../client/index.ts";
import { LIMITS } from "../../protocol/index.ts";
import { readFiles } from "../drop/read-files.ts";
import { type DropSlice, type FoundFile, type OnFound, readFolders } from "../drop/read-folders.ts";
import type { Taken } from "../drop/take-drop.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import { Board } from "./board.ts";
import { Gate } from "./gate.ts";
import { Intake } from "./intake.ts";
import { OpenUploader } from "./open-uploader.ts";

type Offering = typeof offerSources;

/** An uploader and what the page knows of it. */
export interface Upload {
  uploader: OpenUploader;
  board: Board;
  intake: Intake;
  /** Null where nobody sees the single files. */
  thumbnails: Thumbnails | null;
  /**
   * Tells what is brought for a batch begun before from what is none of its files, which it answers;
   * null of a new batch, whose files are all new.
   */
  offer: Offering | null;
}

/** The uploads of one page: one batch at a time, and what is still being read from the disk. */
export class Uploads {
  readonly current = signal<Upload | null>(null);
  /** How many drops of folders are being read. */
  readonly reading = signal(0);
  readonly gate = new Gate();
  /** Was there no file in the last drop? */
  readonly isEmptyDrop = signal(false);

  /** What was brought for a batch begun before, and is none of its files. */
  readonly strangers = signal<readonly Source[]>([]);

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
    const upload = this.#open() ?? this.#begin();
    const endSearch = search(upload);
    this.gate.forgetLeftOut();
    this.reading.value += 1;
    // Of folders alone the first names are asked for before the page draws the batch.
    if (taken.files.length > 0)
      await this.#bringAll(upload, (onFound) => readFiles(taken.files, onFound));
    await this.#bringAll(upload, (onFound) => readFolders(taken.folders, onFound));
    this.reading.value -= 1;
    endSearch();
    this.isEmptyDrop.value = upload.board.taken === 0 && upload.offer === null;
    if (this.isEmptyDrop.value) this.clear();
  }

  /** Uploads files that the batch has already once more. */
  takeDoubles(): void {
    const doubles = this.gate.takeDoubles();
    this.#add(this.#open() ?? this.#begin(), doubles, true);
  }

  /** Goes on with a batch that was begun before; what it misses is there to be taken. */
  goOn(batch: BegunBatch, offer: Offering): Upload {
    return this.#begin(batch, offer);
  }

  /** Brings what was kept of a batch begun before, as it is found. */
  async restore(upload: Upload, found: AsyncIterable<readonly Source[]>): Promise<void> {
    const endSearch = search(upload);
    for await (const sources of found) await this.#bring(upload, sources);
    endSearch();
  }

  /** Uploads what is none of the batch's files as new ones. */
  takeStrangers(): void {
    const upload = this.#open();
    if (upload !== null) this.#add(upload, this.strangers.value);
    this.strangers.value = [];
  }

  async #bringAll(
    upload: Upload,
    read: (onFound: OnFound) => AsyncGenerator<DropSlice, void, void>,
  ): Promise<void> {
    const { board, offer } = upload;
    const found: FoundFile[] = [];
    // Of a batch begun before, most are listed already.
    if (offer === null) board.coming.found.add(found);
    const slices = read((files) => {
      found.push(...files);
      board.touch();
    });
    for await (const slice of slices) {
      found.splice(0, slice.read);
      this.gate.noteUnreadable(slice.unreadable);
      await this.#bring(upload, slice.sources);
    }
    board.coming.found.delete(found);
  }

  /** Of a batch begun before some are its files, and the others may not be meant. */
  async #bring(upload: Upload, sources: readonly Source[]): Promise<void> {
    if (upload.offer === null) return this.#add(upload, sources);
    const strangers = await upload.offer(upload.uploader, sources);
    // Of a batch that cannot be loaded nobody knows what is its.
    if (this.current.peek() !== upload || upload.board.ledger.count === 0) return;
    this.strangers.value = [...this.strangers.value, ...strangers];
  }

  #add({ uploader, board, intake }: Upload, sources: readonly Source[], areWanted = false): void {
    const { ledger, taken: files } = board;
    const isLost = (id: number): boolean => ["failed", "cancelled"].includes(ledger.state(id));
    const limits = uploader.begun?.limits ?? LIMITS;
    const taken = this.gate.admit(sources, { limits, files, isLost }, areWanted);
    if (taken.length > 0) intake.push(taken);
  }

  /** The batch at hand, while it takes more files. */
  #open(): Upload | null {
    const upload = this.current.value;
    return upload !== null && takesMore(upload) ? upload : null;
  }

  #begin(batch?: BegunBatch, offer: Offering | null = null): Upload {
    this.clear();
    this.gate.beginBatch();
    const uploader = new OpenUploader({ ...this.#options(), ...(batch && { batch }) });
    const board = new Board(uploader);
    const thumbnails = this.#makeThumbnails();
    const intake = new Intake(uploader, board, (first, files) => thumbnails?.add(first, files));
    const upload = { uploader, board, intake, thumbnails, offer };
    this.current.value = upload;
    return upload;
  }

  /** Leaves the batch at hand: back to the empty page. */
  clear(): void {
    this.current.value?.thumbnails?.dispose();
    this.current.value?.board.dispose();
    this.current.value?.uploader.dispose();
    this.current.value = null;
    this.strangers.value = [];
  }
}

/** Keeps the batch open for what may be found, until the answer is called. */
function search({ uploader, board }: Upload): () => void {
  const endSearch = uploader.expectMore();
  board.searches.value += 1;
  return () => {
    board.searches.value -= 1;
    endSearch();
  };
}

/** An uploader that idles has sealed its batch, or is about to: unless something holds it up. */
function takesMore({ uploader, board, intake }: Upload): boolean {
  if (uploader.missing.size > 0) return true;
  if (uploader.batch?.sealed === true) return false;
  return uploader.running || intake.isStalled.value || board.ledger.givenUp.size > 0;
}
