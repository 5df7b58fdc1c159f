import { effect, signal } from "@preact/signals";
import { matchFiles, type ResumableBatch, type Source } from "../../client/index.ts";
import type { DroppedHandles } from "../upload/dropped-handles.ts";
import { keptContents } from "../persistence/contents.ts";
import { permitted } from "../persistence/handles.ts";
import { Keeper } from "../persistence/saved-batch.ts";
import { readHandles } from "../persistence/read-handles.ts";
import { claim } from "../persistence/tab-locks.ts";
import { begunOf } from "../batch/links.ts";
import { type Bring, search, type Upload, type Uploads } from "../upload/uploads.ts";
import { type Offer, Offers } from "./offers.ts";
import { Recent } from "./recent.ts";
import { showFound, showPictures } from "./show-pictures.ts";

/**
 * Coming back to a batch: what is uploaded on this page is kept while it is unfinished, and what an
 * earlier page did not finish is gone on with.
 */
export class Returning {
  readonly offers = new Offers();
  readonly recent = new Recent();
  /** What was brought for a batch begun before, and is none of its files. */
  readonly strangers = signal<readonly Source[]>([]);
  readonly #uploads: Uploads;
  #keeper: Keeper | null = null;

  /** @param dropped what leads to files that are dropped on the page */
  constructor(uploads: Uploads, dropped: DroppedHandles) {
    this.#uploads = uploads;
    effect(() => this.#follow(uploads.current.value));
    addEventListener("hashchange", () => void this.#arrive());
    void this.#arrive();
    dropped.handTo((handle) => void this.#keeper?.add(handle));
  }

  /**
   * Goes on with a batch. Must be called within a click, as the person may have to be asked.
   *
   * @param picked its files, where they were asked for again
   */
  async goOn({ batch, handles }: Offer, picked?: readonly File[]): Promise<void> {
    const allowed = picked ? [] : permitted(handles);
    const contents = await keptContents(batch.id).catch(() => new Map<number, Blob>());
    const upload = await this.#open(batch);
    if (upload === null) return;
    if (picked) this.#uploads.pick(picked);
    await this.#restore(upload, kept(upload, contents, allowed));
    if (upload.uploader.batch?.state === "paused") await upload.uploader.resume();
  }

  /** Uploads what was none of the batch's files as new ones. */
  takeStrangers(): void {
    const upload = this.#uploads.current.peek();
    if (upload) void this.#addNew(upload, this.strangers.value);
    this.strangers.value = [];
  }

  /** Brings what was kept of a batch begun before, as it is found. */
  async #restore(upload: Upload, found: AsyncIterable<readonly Source[]>): Promise<void> {
    const endSearch = search(upload);
    for await (const sources of found) await this.#bring(upload, sources);
    endSearch();
  }

  async #bring(upload: Upload, sources: readonly Source[]): Promise<void> {
    const strangers = await matchFiles(upload.uploader, sources, (found) =>
      showFound(upload, found),
    );
    if (this.#uploads.current.peek() !== upload) return;
    this.strangers.value = [...this.strangers.value, ...strangers];
  }

  /** Nothing of what could not be declared, as others have declared files at the same moment, is lost. */
  #declareAgain(upload: Upload): void {
    const sources = upload.board.coming.waiting.splice(0);
    upload.intake.tryAgain();
    void this.#addNew(upload, sources);
  }

  /**
   * Uploads files as new ones, but for those that the batch has by now: others may have declared them
   * meanwhile, such as a page that was closed before it heard of it.
   */
  async #addNew(upload: Upload, sources: readonly Source[]): Promise<void> {
    const endSearch = search(upload);
    const others = await matchFiles(upload.uploader, sources);
    if (this.#uploads.current.peek() === upload) this.#uploads.add(others);
    endSearch();
  }

  /** Goes on with the batch of another device's link, unless this page has one. */
  async #arrive(): Promise<void> {
    const batch = begunOf(location.hash);
    if (batch === null || this.#uploads.current.peek() !== null) return;
    // What it opens is to be in no bookmark, and on no screen that is shown to others.
    history.replaceState(null, "", location.pathname);
    await this.#open(batch);
  }

  /** Null where another tab has the batch. */
  async #open(batch: ResumableBatch): Promise<Upload | null> {
    const bring: Bring = (upload, sources) => this.#bring(upload, sources);
    if (await claim(batch.id)) return this.#uploads.begin(batch, bring);
    await this.offers.look();
    return null;
  }

  #follow(upload: Upload | null): (() => void) | undefined {
    if (upload === null) return void this.#look();
    this.offers.clear();
    const keeper = (this.#keeper = new Keeper(upload));
    const offs = [
      upload.uploader.on("problem", ({ code }) => {
        if (code === "files_added") this.#declareAgain(upload);
      }),
      ...(upload.bring === null ? [] : [showPictures(upload)]),
    ];
    return () => {
      for (const off of offs) off();
      this.#keeper = null;
      keeper.dispose();
      this.strangers.value = [];
    };
  }

  async #look(): Promise<void> {
    // Where the browser keeps nothing there is nothing to offer.
    await Promise.all([this.offers.look().catch(() => undefined), this.recent.look()]);
  }
}

/** What was kept first; only what is still missed then is looked for on the disk. */
async function* kept(
  { uploader }: Upload,
  contents: ReadonlyMap<number, Blob>,
  handles: readonly FileSystemHandle[] | Promise<readonly FileSystemHandle[]>,
): AsyncGenerator<readonly Source[], void, void> {
  await uploader.attachContents(contents);
  if (uploader.missing.size > 0) yield* readHandles(await handles);
}
