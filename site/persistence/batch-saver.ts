import { isBatchOver } from "../../protocol/index.ts";
import type { DroppedHandle } from "../upload/dropped-handles.ts";
import type { Upload } from "../upload/uploads.ts";
import { deleteBatch, isGone, saveBatch } from "./batches.ts";
import { saveFileContents } from "./save-file-contents.ts";
import type { SavedBatch } from "./database.ts";
import { saveHandle, loadHandles } from "./handles.ts";
import { claim, release } from "./tab-locks.ts";

/**
 * Keeps what it takes to go on with an upload after a reload, for as long as it is unfinished: its
 * tokens, what leads to its files, and the bytes of small ones to which nothing leads. A browser
 * that keeps nothing for the page, or has no more room, uploads all the same.
 */
export class BatchSaver {
  readonly #upload: Upload;
  /** Files and folders to which handles lead, by the name that they have at the top. */
  readonly #roots = new Set<string>();
  readonly #unsavedHandles: FileSystemHandle[] = [];
  readonly #unsubscribers: readonly (() => void)[];
  #batch: SavedBatch | null = null;
  /** Ends what is done while the batch is unfinished; null while it is over, or not there yet. */
  #saving: AbortController | null = null;

  constructor(upload: Upload) {
    const { uploader } = (this.#upload = upload);
    this.#unsubscribers = [
      uploader.on("files", () => this.#update()),
      uploader.on("batch", () => this.#update()),
      uploader.on("problem", ({ code }) => {
        if (this.#batch && isGone(code)) deleteBatch(this.#batch.id).catch(ignore);
      }),
    ];
    this.#update();
  }

  /** Keeps what leads to a file or folder that was dropped for this upload. */
  async add(dropped: DroppedHandle): Promise<void> {
    const handle = await dropped.catch(() => null);
    if (handle === null) return;
    this.#roots.add(handle.name);
    if (this.#batch) await saveHandle(this.#batch.id, handle).catch(ignore);
    else this.#unsavedHandles.push(handle);
  }

  /** The page leaves the upload. What is unfinished stays kept. */
  dispose(): void {
    for (const off of this.#unsubscribers) off();
    this.#stop();
  }

  #update(): void {
    const batch = recordOf(this.#upload);
    if (batch === null || isSame(batch, this.#batch)) return;
    this.#batch = batch;
    saveBatch(batch).catch(ignore);
    if (batch.isOver) this.#stop();
    else if (this.#saving === null) this.#start(batch.id).catch(ignore);
  }

  async #start(id: string): Promise<void> {
    const { signal } = (this.#saving = new AbortController());
    await claim(id);
    if (signal.aborted) return release(id);
    for (const handle of this.#unsavedHandles.splice(0)) await saveHandle(id, handle);
    for (const { name } of await loadHandles(id)) this.#roots.add(name);
    await saveFileContents(id, this.#upload, (file) => this.#hasHandle(file), signal);
  }

  #stop(): void {
    this.#saving?.abort();
    this.#saving = null;
    if (this.#batch) release(this.#batch.id);
  }

  #hasHandle(file: number): boolean {
    const { ledger } = this.#upload.board;
    const path = ledger.path(file) ?? ledger.name(file);
    const end = path.indexOf("/");
    return this.#roots.has(end < 0 ? path : path.slice(0, end));
  }
}

/** Null while nothing is known of the batch. */
function recordOf({ uploader, board: { ledger } }: Upload): SavedBatch | null {
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

function isSame(now: SavedBatch, before: SavedBatch | null): boolean {
  return (
    before !== null &&
    now.isOver === before.isOver &&
    now.expiresAt === before.expiresAt &&
    now.hasFolders === before.hasFolders
  );
}

/** Whatever it is, the upload goes on. */
function ignore(): void {}
