import { isBatchOver } from "../../protocol/index.ts";
import type { DroppedHandle } from "../upload/dropped-handles.ts";
import type { Upload } from "../upload/uploads.ts";
import { forgetBatch, isGone, keepBatch } from "./batches.ts";
import { keepBytes } from "./save-bytes.ts";
import type { KeptBatch } from "./database.ts";
import { keepHandle, keptHandles } from "./handles.ts";
import { claim, release } from "./tab-locks.ts";

/**
 * Keeps what it takes to go on with an upload after a reload, for as long as it is unfinished: its
 * tokens, what leads to its files, and the bytes of small ones to which nothing leads. A browser
 * that keeps nothing for the page, or has no more room, uploads all the same.
 */
export class Keeper {
  readonly #upload: Upload;
  /** Files and folders to which handles lead, by the name that they have at the top. */
  readonly #roots = new Set<string>();
  readonly #early: FileSystemHandle[] = [];
  readonly #off: readonly (() => void)[];
  #batch: KeptBatch | null = null;
  /** Ends what is done while the batch is unfinished; null while it is over, or not there yet. */
  #keeping: AbortController | null = null;

  constructor(upload: Upload) {
    const { uploader } = (this.#upload = upload);
    this.#off = [
      uploader.on("files", () => this.#note()),
      uploader.on("batch", () => this.#note()),
      uploader.on("problem", ({ code }) => {
        if (this.#batch && isGone(code)) forgetBatch(this.#batch.id).catch(ignore);
      }),
    ];
    this.#note();
  }

  /** Keeps what leads to a file or folder that was dropped for this upload. */
  async add(dropped: DroppedHandle): Promise<void> {
    const handle = await dropped.catch(() => null);
    if (handle === null) return;
    this.#roots.add(handle.name);
    if (this.#batch) await keepHandle(this.#batch.id, handle).catch(ignore);
    else this.#early.push(handle);
  }

  /** The page leaves the upload. What is unfinished stays kept. */
  dispose(): void {
    for (const off of this.#off) off();
    this.#stop();
  }

  #note(): void {
    const batch = recordOf(this.#upload);
    if (batch === null || isSame(batch, this.#batch)) return;
    this.#batch = batch;
    keepBatch(batch).catch(ignore);
    if (batch.isOver) this.#stop();
    else if (this.#keeping === null) this.#start(batch.id).catch(ignore);
  }

  async #start(id: string): Promise<void> {
    const { signal } = (this.#keeping = new AbortController());
    await claim(id);
    if (signal.aborted) return release(id);
    for (const handle of this.#early.splice(0)) await keepHandle(id, handle);
    for (const { name } of await keptHandles(id)) this.#roots.add(name);
    await keepBytes(id, this.#upload, (file) => this.#isCovered(file), signal);
  }

  #stop(): void {
    this.#keeping?.abort();
    this.#keeping = null;
    if (this.#batch) release(this.#batch.id);
  }

  #isCovered(file: number): boolean {
    const { ledger } = this.#upload.board;
    const path = ledger.path(file) ?? ledger.name(file);
    const end = path.indexOf("/");
    return this.#roots.has(end < 0 ? path : path.slice(0, end));
  }
}

/** Null while nothing is known of the batch. */
function recordOf({ uploader, board: { ledger } }: Upload): KeptBatch | null {
  const { resumableBatch: begun } = uploader;
  const times = uploader.batch ?? uploader.created;
  if (begun === null || times === null) return null;
  const { id, limits } = begun;
  const { write, read } = begun.tokens;
  return {
    id,
    // The owner's token is kept elsewhere: it opens more than this batch.
    tokens: { write, ...(read !== undefined && { read }) },
    ...(limits && { limits }),
    createdAt: times.createdAt,
    expiresAt: times.expiresAt,
    hasFolders: ledger.count > 0 && ledger.path(0) !== null,
    isOver: uploader.batch !== null && isBatchOver(uploader.batch.state),
  };
}

function isSame(now: KeptBatch, before: KeptBatch | null): boolean {
  return (
    before !== null &&
    now.isOver === before.isOver &&
    now.expiresAt === before.expiresAt &&
    now.hasFolders === before.hasFolders
  );
}

/** Whatever it is, the upload goes on. */
function ignore(): void {}
