import { effect, signal } from "@preact/signals";
import { matchFiles, type ResumableBatch, type Source, type Uploader } from "../../client/index.ts";
import { declarationOf } from "../../client/source.ts";
import { BatchSaver } from "../persistence/batch-saver.ts";
import { isGone, isSaved, loadBatch } from "../persistence/batches.ts";
import { loadContents } from "../persistence/contents.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { requestAccess } from "../persistence/handles.ts";
import { readHandles } from "../persistence/read-handles.ts";
import { claim, release } from "../persistence/tab-locks.ts";
import { parseResumeLink } from "../share/links.ts";
import { replaceAddress } from "../ui/replace-address.ts";
import { cancellationsOf } from "../upload/cancellations.ts";
import type { DroppedHandle, DroppedHandles } from "../upload/dropped-handles.ts";
import { type MatchSources, startSearch, type Upload, type Uploads } from "../upload/uploads.ts";
import { withLimits } from "./batch-limits.ts";
import { RecentBatchList } from "./recent-batch-list.ts";
import { type ResumeOffer, ResumeOffers } from "./resume-offers.ts";
import { keepTinyPictures } from "./tiny-pictures.ts";

/** Saves the page's unfinished upload, and resumes batches from earlier visits and other devices. */
export class ResumeController {
  readonly offers = new ResumeOffers();
  readonly recent = new RecentBatchList();
  /** Answers whether the batch of a link is opened; null if there is no question. */
  readonly linked = signal<((isAccepted: boolean) => void) | null>(null);
  /** Files that were chosen for a resumed batch but match none of its files. */
  readonly unmatched = signal<readonly Source[]>([]);
  readonly #uploads: Uploads;
  #saver: BatchSaver | null = null;

  /** @param dropped handles of files and folders that are dropped on the page */
  constructor(uploads: Uploads, dropped: DroppedHandles) {
    this.#uploads = uploads;
    effect(() => this.#track(uploads.current.value));
    addEventListener("hashchange", () => this.#openResumeLink());
    this.#openResumeLink();
    dropped.forwardTo((handle) => void this.#save(handle));
  }

  /**
   * Resumes a batch. Must be called within a click, as the browser may ask for permission to read
   * its files.
   *
   * @param picked the batch's files, if they were chosen again
   */
  async resume({ batch, handles }: ResumeOffer, picked?: readonly File[]): Promise<void> {
    const readable = picked ? [] : requestAccess(handles);
    const opening = this.#openWithContents(batch);
    this.#uploads.holdDuring(opening);
    const { upload, contents } = await opening;
    if (upload === null) return;
    if (picked) this.#uploads.addPicked(picked);
    await this.#matchAll(upload, savedSources(upload, contents, readable));
    if (upload.uploader.batch?.state === "paused") await upload.uploader.resume();
  }

  /**
   * Opens a batch that was sent from this browser and is over. Files that are dropped meanwhile don't wait
   * for it: they can't be its own, and start a batch that takes its place.
   *
   * @param onRefused called if its tokens have ended, or if another tab has the batch
   */
  async openSent(batch: SavedBatch, onRefused: () => void): Promise<void> {
    const upload = await this.#claimAndStart(batch, true);
    if (this.#uploads.current.peek() !== upload) return;
    if (upload === null) return onRefused();
    upload.uploader.on("problem", ({ code }) => {
      if (!isGone(code) || upload.uploader.batch !== null) return;
      this.#uploads.clear();
      onRefused();
    });
  }

  /** Uploads the unmatched files as new files of the batch. */
  addUnmatched(): void {
    const upload = this.#uploads.current.peek();
    if (upload) void this.#addNew(upload, this.unmatched.value);
    this.unmatched.value = [];
  }

  async #matchAll(upload: Upload, slices: AsyncIterable<readonly Source[]>): Promise<void> {
    const endSearch = startSearch(upload);
    try {
      for await (const sources of slices) await this.#match(upload, sources);
    } finally {
      endSearch();
    }
  }

  async #match(upload: Upload, sources: readonly Source[]): Promise<void> {
    const unmatched = await matchFiles(upload.uploader, sources, (matches) =>
      addMatchedThumbnails(upload, matches),
    );
    if (this.#uploads.current.peek() !== upload) return;
    const isChanged = (source: Source) => canReplaceFailed(upload.uploader, source);
    const changed = unmatched.filter(isChanged);
    const others = unmatched.filter((source) => !changed.includes(source));
    if (changed.length > 0) this.#uploads.addSources(changed);
    this.unmatched.value = [...this.unmatched.value, ...others];
  }

  /** Declares files again that were refused because another client declared files at the same time. */
  #redeclare(upload: Upload): void {
    void this.#addNew(upload, upload.declarations.giveUp());
  }

  /**
   * Uploads files as new ones, except those that the batch has by now. Another client may have
   * declared them, for example a page that was closed before it received the response.
   */
  async #addNew(upload: Upload, sources: readonly Source[]): Promise<void> {
    const endSearch = startSearch(upload);
    try {
      const unmatched = await matchFiles(upload.uploader, sources);
      if (this.#uploads.current.peek() === upload) this.#uploads.addSources(unmatched);
    } finally {
      endSearch();
    }
  }

  async #openWithContents(batch: SavedBatch) {
    const contents = await loadContents(batch.id).catch(() => new Map<number, Blob>());
    return { contents, upload: await this.#claimAndStart(batch) };
  }

  /** Resumes the batch of a resume link, unless the page already has a batch. */
  #openResumeLink(): void {
    const batch = parseResumeLink(location.hash);
    if (batch === null || this.#uploads.current.peek() !== null) return;
    // Keeps the write token out of bookmarks, and off a shared screen.
    replaceAddress(location.pathname);
    this.#uploads.holdDuring(this.#openLinked(batch));
  }

  /** Asks first if this browser does not know the batch: it may be another person's. */
  async #openLinked(batch: ResumableBatch): Promise<void> {
    if ((await isSaved(batch.id)) || (await this.#ask())) await this.#claimAndStart(batch);
  }

  #ask(): Promise<boolean> {
    // That of an earlier link.
    this.linked.peek()?.(false);
    return new Promise((resolve) => {
      this.linked.value = (isAccepted) => {
        this.linked.value = null;
        resolve(isAccepted);
      };
    });
  }

  /** Returns null if another tab has the batch, or if another batch was started here meanwhile. */
  async #claimAndStart(batch: ResumableBatch, hadEnded = false): Promise<Upload | null> {
    const matchSources: MatchSources = (upload, sources) => this.#match(upload, sources);
    if (!(await claim(batch.id))) {
      await this.offers.refresh();
      return null;
    }
    // Before the resumed batch is saved.
    const saved = await loadBatch(batch.id);
    const known = await withLimits(batch);
    const current = this.#uploads.current.peek();
    if (current !== null) {
      if (current.uploader.resumableBatch?.id !== batch.id) release(batch.id);
      return null;
    }
    const upload = this.#uploads.start({ batch: known, matchSources, hadEnded });
    void cancellationsOf(upload).tellAgain(saved?.cancelled ?? []);
    return upload;
  }

  async #save(handle: DroppedHandle): Promise<void> {
    await this.#uploads.opened();
    await this.#saver?.add(handle);
  }

  #track(upload: Upload | null): (() => void) | undefined {
    if (upload === null) return void this.#refresh();
    this.offers.clear();
    this.linked.peek()?.(false);
    const saver = (this.#saver = new BatchSaver(upload));
    const unsubscribers = [
      upload.uploader.on("problem", ({ code }) => {
        if (code === "files_added") this.#redeclare(upload);
      }),
      keepTinyPictures(upload),
      ...(upload.matchSources === null ? [] : [addThumbnails(upload)]),
    ];
    return () => {
      for (const unsubscribe of unsubscribers) unsubscribe();
      this.#saver = null;
      saver.dispose();
      this.unmatched.value = [];
    };
  }

  async #refresh(): Promise<void> {
    // Without browser storage there are no offers.
    await Promise.all([this.offers.refresh().catch(() => undefined), this.recent.refresh()]);
  }
}

/** True if the source is another version of a file that has failed: it needs no question. */
function canReplaceFailed({ batch, ledger }: Uploader, source: Source): boolean {
  const { name, path } = declarationOf(source);
  const hasFailed = ledger.filesAt(path ?? name).some((id) => ledger.state(id) === "failed");
  return hasFailed && batch?.sealed !== true;
}

/** Attaches saved contents first, and reads from disk only if files are still missing. */
async function* savedSources(
  { uploader }: Upload,
  contents: ReadonlyMap<number, Blob>,
  handles: readonly FileSystemHandle[] | Promise<readonly FileSystemHandle[]>,
): AsyncGenerator<readonly Source[], void, void> {
  await uploader.attachContents(contents);
  if (uploader.missing.size > 0) yield* readHandles(await handles);
}

/**
 * Adds thumbnails for a resumed batch's files as their saved contents are attached. Stored files have
 * none, as their contents are no longer saved.
 */
function addThumbnails({ uploader, thumbnails }: Upload): () => void {
  const added = new Set<number>();
  return uploader.on("progress", ({ files }) => {
    for (const file of files) {
      const content = added.has(file) ? undefined : uploader.contentOf(file);
      if (content === undefined) continue;
      added.add(file);
      thumbnails?.add(file, [{ blob: withType(content, uploader.ledger.type(file)) }]);
    }
  });
}

/** Adds thumbnails for files that were chosen again, including stored ones. */
function addMatchedThumbnails({ thumbnails }: Upload, matches: ReadonlyMap<number, Blob>): void {
  for (const [file, blob] of matches) thumbnails?.add(file, [{ blob }]);
}

/** Saved contents have no media type; the ledger has the declared one. */
function withType(content: Blob, type: string): Blob {
  return content.type === "" ? content.slice(0, content.size, type) : content;
}
