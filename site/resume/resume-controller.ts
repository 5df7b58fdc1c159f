import { effect, signal } from "@preact/signals";
import { matchFiles, type ResumableBatch, type Source } from "../../client/index.ts";
import type { DroppedHandles } from "../upload/dropped-handles.ts";
import { loadContents } from "../persistence/contents.ts";
import { requestAccess } from "../persistence/handles.ts";
import { BatchSaver } from "../persistence/batch-saver.ts";
import { readHandles } from "../persistence/read-handles.ts";
import { claim } from "../persistence/tab-locks.ts";
import { parseResumeLink } from "../share/links.ts";
import { type MatchSources, startSearch, type Upload, type Uploads } from "../upload/uploads.ts";
import { type ResumeOffer, ResumeOffers } from "./resume-offers.ts";
import { RecentBatchList } from "./recent-batch-list.ts";

/**
 * Coming back to a batch: what is uploaded on this page is kept while it is unfinished, and what an
 * earlier page did not finish is gone on with.
 */
export class ResumeController {
  readonly offers = new ResumeOffers();
  readonly recent = new RecentBatchList();
  /** What was brought for a batch begun before, and is none of its files. */
  readonly unmatched = signal<readonly Source[]>([]);
  readonly #uploads: Uploads;
  #saver: BatchSaver | null = null;

  /** @param dropped what leads to files that are dropped on the page */
  constructor(uploads: Uploads, dropped: DroppedHandles) {
    this.#uploads = uploads;
    effect(() => this.#track(uploads.current.value));
    addEventListener("hashchange", () => void this.#openResumeLink());
    void this.#openResumeLink();
    dropped.forwardTo((handle) => void this.#saver?.add(handle));
  }

  /**
   * Goes on with a batch. Must be called within a click, as the person may have to be asked.
   *
   * @param picked its files, where they were asked for again
   */
  async resume({ batch, handles }: ResumeOffer, picked?: readonly File[]): Promise<void> {
    const allowed = picked ? [] : requestAccess(handles);
    const contents = await loadContents(batch.id).catch(() => new Map<number, Blob>());
    const upload = await this.#claimAndStart(batch);
    if (upload === null) return;
    if (picked) this.#uploads.addPicked(picked);
    await this.#restore(upload, savedSources(upload, contents, allowed));
    if (upload.uploader.batch?.state === "paused") await upload.uploader.resume();
  }

  /** Uploads what was none of the batch's files as new ones. */
  addUnmatched(): void {
    const upload = this.#uploads.current.peek();
    if (upload) void this.#addNew(upload, this.unmatched.value);
    this.unmatched.value = [];
  }

  /** Brings what was kept of a batch begun before, as it is found. */
  async #restore(upload: Upload, found: AsyncIterable<readonly Source[]>): Promise<void> {
    const endSearch = startSearch(upload);
    for await (const sources of found) await this.#matchSources(upload, sources);
    endSearch();
  }

  async #matchSources(upload: Upload, sources: readonly Source[]): Promise<void> {
    const strangers = await matchFiles(upload.uploader, sources, (found) =>
      addMatchedThumbnails(upload, found),
    );
    if (this.#uploads.current.peek() !== upload) return;
    this.unmatched.value = [...this.unmatched.value, ...strangers];
  }

  /** Nothing of what could not be declared, as others have declared files at the same moment, is lost. */
  #redeclare(upload: Upload): void {
    const sources = upload.board.pending.undeclared.splice(0);
    upload.declarations.retry();
    void this.#addNew(upload, sources);
  }

  /**
   * Uploads files as new ones, but for those that the batch has by now: others may have declared them
   * meanwhile, such as a page that was closed before it heard of it.
   */
  async #addNew(upload: Upload, sources: readonly Source[]): Promise<void> {
    const endSearch = startSearch(upload);
    const others = await matchFiles(upload.uploader, sources);
    if (this.#uploads.current.peek() === upload) this.#uploads.addSources(others);
    endSearch();
  }

  /** Goes on with the batch of another device's link, unless this page has one. */
  async #openResumeLink(): Promise<void> {
    const batch = parseResumeLink(location.hash);
    if (batch === null || this.#uploads.current.peek() !== null) return;
    // What it opens is to be in no bookmark, and on no screen that is shown to others.
    history.replaceState(null, "", location.pathname);
    await this.#claimAndStart(batch);
  }

  /** Null where another tab has the batch. */
  async #claimAndStart(batch: ResumableBatch): Promise<Upload | null> {
    const matchSources: MatchSources = (upload, sources) => this.#matchSources(upload, sources);
    if (await claim(batch.id)) return this.#uploads.start(batch, matchSources);
    await this.offers.refresh();
    return null;
  }

  #track(upload: Upload | null): (() => void) | undefined {
    if (upload === null) return void this.#refresh();
    this.offers.clear();
    const keeper = (this.#saver = new BatchSaver(upload));
    const offs = [
      upload.uploader.on("problem", ({ code }) => {
        if (code === "files_added") this.#redeclare(upload);
      }),
      ...(upload.matchSources === null ? [] : [addThumbnails(upload)]),
    ];
    return () => {
      for (const off of offs) off();
      this.#saver = null;
      keeper.dispose();
      this.unmatched.value = [];
    };
  }

  async #refresh(): Promise<void> {
    // Where the browser keeps nothing there is nothing to offer.
    await Promise.all([this.offers.refresh().catch(() => undefined), this.recent.refresh()]);
  }
}

/** What was kept first; only what is still missed then is looked for on the disk. */
async function* savedSources(
  { uploader }: Upload,
  contents: ReadonlyMap<number, Blob>,
  handles: readonly FileSystemHandle[] | Promise<readonly FileSystemHandle[]>,
): AsyncGenerator<readonly Source[], void, void> {
  await uploader.attachContents(contents);
  if (uploader.missing.size > 0) yield* readHandles(await handles);
}

/**
 * Has the pictures among the kept files of a batch begun before be seen small, as soon as they are here:
 * those that are still to be sent, as what is stored is not kept.
 */
function addThumbnails({ uploader, thumbnails }: Upload): () => void {
  const shown = new Set<number>();
  return uploader.on("progress", ({ files }) => {
    for (const file of files) {
      const content = shown.has(file) ? undefined : uploader.contentOf(file);
      if (content === undefined) continue;
      shown.add(file);
      thumbnails?.add(file, [{ blob: withType(content, uploader.ledger.type(file)) }]);
    }
  });
}

/** Has the pictures be seen small among what was brought again: those that are stored as well. */
function addMatchedThumbnails({ thumbnails }: Upload, found: ReadonlyMap<number, Blob>): void {
  for (const [file, blob] of found) thumbnails?.add(file, [{ blob }]);
}

/** What was kept is bytes alone: of which kind they are, the batch knows. */
function withType(content: Blob, type: string): Blob {
  return content.type === "" ? content.slice(0, content.size, type) : content;
}
