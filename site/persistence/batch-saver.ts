import { isBatchOver } from "../../protocol/index.ts";
import { cancellationsOf } from "../upload/cancellations.ts";
import type { DroppedHandle } from "../upload/dropped-handles.ts";
import { claimsOf, grant } from "../upload/grant.ts";
import type { Upload } from "../upload/uploads.ts";
import { forgetBatch, isGone, saveBatch } from "./batches.ts";
import { type SavedBatch, savesNoFiles } from "./database.ts";
import { loadHandles, saveHandle } from "./handles.ts";
import { saveFileContents } from "./save-file-contents.ts";
import { claim, release } from "./tab-locks.ts";

/**
 * Saves what an unfinished upload needs to be resumed after a reload: its tokens, handles to its
 * files, and the contents of small files without a handle. If the browser has no storage or no more
 * space, the upload continues without it.
 */
export class BatchSaver {
  readonly #upload: Upload;
  /** Names of the files and folders that have a handle. */
  readonly #roots = new Set<string>();
  /** Handles that arrived before the batch was created. */
  readonly #unsavedHandles: FileSystemHandle[] = [];
  readonly #unsubscribers: readonly (() => void)[];
  #batch: SavedBatch | null = null;
  /** Stops saving; null before the batch is created and after it is over. */
  #saving: AbortController | null = null;

  constructor(upload: Upload) {
    const { uploader } = (this.#upload = upload);
    // There may be space for this one.
    savesNoFiles.value = false;
    this.#unsubscribers = [
      uploader.on("files", () => this.#update()),
      uploader.on("batch", () => this.#update()),
      cancellationsOf(upload).files.subscribe(() => this.#update()),
      uploader.on("problem", ({ code }) => {
        if (this.#batch && isGone(code)) void forgetBatch(this.#batch.id, code);
      }),
    ];
    this.#update();
  }

  /** Saves the handle of a file or folder that was dropped for this upload. */
  async add(dropped: DroppedHandle): Promise<void> {
    const handle = await dropped.catch(() => null);
    if (handle === null) return;
    this.#roots.add(handle.name);
    if (this.#batch) await this.#saveHandle(this.#batch.id, handle);
    else this.#unsavedHandles.push(handle);
  }

  /** Stops saving. What was saved of an unfinished batch stays saved. */
  dispose(): void {
    for (const unsubscribe of this.#unsubscribers) unsubscribe();
    this.#stop();
  }

  #update(): void {
    const batch = recordOf(this.#upload);
    if (batch === null || isSame(batch, this.#batch)) return;
    this.#batch = batch;
    void saveBatch(batch);
    if (batch.isOver) this.#stop();
    else if (this.#saving === null) this.#start(batch.id).catch(ignore);
  }

  async #start(id: string): Promise<void> {
    const { signal } = (this.#saving = new AbortController());
    await claim(id);
    if (signal.aborted) return release(id);
    for (const handle of this.#unsavedHandles.splice(0)) await this.#saveHandle(id, handle);
    for (const { name } of await loadHandles(id)) this.#roots.add(name);
    await saveFileContents(id, this.#upload, (file) => this.#hasHandle(file), signal);
  }

  /** Saves the contents of its files if the browser can't save the handle. */
  async #saveHandle(id: string, handle: FileSystemHandle): Promise<void> {
    await saveHandle(id, handle).catch(() => this.#roots.delete(handle.name));
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

/** Returns the record to save; null until the batch is known. */
function recordOf(upload: Upload): SavedBatch | null {
  const { uploader, board } = upload;
  const { ledger } = board;
  const { resumableBatch } = uploader;
  const { createdAt } = uploader.batch ?? uploader.created ?? {};
  if (resumableBatch === null || createdAt === undefined) return null;
  const { id, limits } = resumableBatch;
  const { sub: owner } = claimsOf(grant.peek() ?? "");
  return {
    id,
    tokens: tokensToSave(resumableBatch.tokens),
    ...(limits && { limits }),
    ...(owner !== undefined && { owner }),
    createdAt,
    hasFolders: ledger.count > 0 && ledger.path(0) !== null,
    ...endOf(uploader.batch),
    ...nameOf(uploader.batch),
    files: ledger.currentTotals.files,
    cancelled: cancellationsOf(upload).unconfirmed,
  };
}

function endOf(batch: Upload["uploader"]["batch"]): Pick<SavedBatch, "isOver" | "keepUntil"> {
  if (batch === null || !isBatchOver(batch.state)) return { isOver: false };
  return { isOver: true, keepUntil: batch.keepUntil ?? null };
}

function nameOf(batch: Upload["uploader"]["batch"]): Pick<SavedBatch, "name"> {
  const name = batch?.metadata["name"];
  return typeof name === "string" ? { name } : {};
}

/** The owner token is saved elsewhere, as it opens more than this batch. */
function tokensToSave({ write, read, live }: SavedBatch["tokens"]): SavedBatch["tokens"] {
  return { write, ...(read !== undefined && { read }), ...(live !== undefined && { live }) };
}

function isSame(now: SavedBatch, before: SavedBatch | null): boolean {
  const keys = ["isOver", "keepUntil", "hasFolders", "name"] as const;
  if (before === null || String(now.cancelled) !== String(before.cancelled)) return false;
  return keys.every((key) => now[key] === before[key]);
}

/** A batch whose files can't be saved is uploaded all the same. */
function ignore(): void {}
