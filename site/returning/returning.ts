import { effect } from "@preact/signals";
import { offer, type BegunBatch, type Source } from "../../client/index.ts";
import type { DroppedHandles } from "../drop/dropped-handles.ts";
import { keptContents } from "../kept/contents.ts";
import { permitted } from "../kept/handles.ts";
import { Keeper } from "../kept/keeper.ts";
import { readHandles } from "../kept/read-handles.ts";
import { claim } from "../kept/tab-locks.ts";
import { begunOf } from "../state/share-link.ts";
import type { Upload, Uploads } from "../state/uploads.ts";
import { type Offer, Offers } from "./offers.ts";
import { Recent } from "./recent.ts";

/**
 * Coming back to a batch: what is uploaded on this page is kept while it is unfinished, and what an
 * earlier page did not finish is gone on with.
 */
export class Returning {
  readonly offers = new Offers();
  readonly recent = new Recent();
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
    await this.#uploads.restore(upload, bring(upload, contents, allowed));
    if (upload.uploader.batch?.state === "paused") await upload.uploader.resume();
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
  async #open(batch: BegunBatch): Promise<Upload | null> {
    if (await claim(batch.id)) return this.#uploads.goOn(batch, offer);
    await this.offers.look();
    return null;
  }

  #follow(upload: Upload | null): (() => void) | undefined {
    if (upload === null) return void this.#look();
    this.offers.clear();
    const keeper = (this.#keeper = new Keeper(upload));
    return () => {
      this.#keeper = null;
      keeper.dispose();
    };
  }

  async #look(): Promise<void> {
    // Where the browser keeps nothing there is nothing to offer.
    await Promise.all([this.offers.look().catch(() => undefined), this.recent.look()]);
  }
}

/** What was kept first; only what is still missed then is looked for on the disk. */
async function* bring(
  { uploader }: Upload,
  contents: ReadonlyMap<number, Blob>,
  handles: readonly FileSystemHandle[] | Promise<readonly FileSystemHandle[]>,
): AsyncGenerator<readonly Source[], void, void> {
  await uploader.supply(contents);
  if (uploader.missing.size > 0) yield* readHandles(await handles);
}
