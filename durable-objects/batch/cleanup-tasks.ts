import { fileIdOf, sheetOf } from "../../storage/keys.ts";
import { abortMultipart, completeMultipart } from "../../storage/multipart.ts";
import { deleteFolder, deleteStored, findObject } from "../../storage/objects.ts";
import {
  claimCompletion,
  completionEvents,
  doubtEvents,
  isReadyToComplete,
  isSafeToAbort,
  isSafeToClean,
} from "./completion.ts";
import type { FileEvent, RecordedObject, TriedMultipart } from "./file.ts";
import { abandonedUploads, isUnwanted, unwantedObjects } from "./leftovers.ts";
import type { OwnerSync } from "./owner-sync.ts";
import type { Sheets } from "./sheets.ts";
import type { BatchConfig } from "./store.ts";
import type { Tally } from "./tally.ts";
import type { OpenBatch } from "./transaction.ts";

/** Work for R2 or the owner. It returns a function of the events to apply when it is done. */
export type Task = () => Promise<EventsOf>;

type EventsOf = (batch: OpenBatch) => FileEvent[];

interface CleanupTasksOptions {
  bucket: R2Bucket;
  owner: OwnerSync;
  sheets: Sheets;
  /** Runs a transaction; returns null if there is no batch. */
  run: <T>(transaction: (batch: OpenBatch) => T) => T | null;
}

/**
 * The tasks of the cleanup: completions that no request performed, multipart uploads and objects that no
 * file needs, and notifications of the owner.
 */
export class CleanupTasks {
  readonly #bucket: R2Bucket;
  readonly #owner: OwnerSync;
  readonly #sheets: Sheets;
  readonly #run: CleanupTasksOptions["run"];

  constructor({ bucket, owner, sheets, run }: CleanupTasksOptions) {
    this.#bucket = bucket;
    this.#owner = owner;
    this.#sheets = sheets;
    this.#run = run;
  }

  /** Returns the tasks that are due, in the order in which they run. */
  due(batch: OpenBatch): Task[] {
    const { config, tally } = batch;
    const now = Date.now();
    const ready = [...tally.files.entries()].filter(([, file]) => isReadyToComplete(file));
    const due = abandonedUploads(tally).filter(({ upload }) => isSafeToAbort(upload, now));
    const tasks = [
      ...ready.map(
        ([id]) =>
          () =>
            this.#complete(id),
      ),
      ...due.map(
        ({ file, upload }) =>
          () =>
            this.#abort(file, upload),
      ),
    ];
    for (const { file, object } of unwantedObjects(tally)) {
      tasks.push(() => this.#deleteUnwanted(file, object));
    }
    if (tally.batch.cancelled || tally.batch.deletedAt !== undefined) {
      tasks.push(() => this.#deleteObjects(config, tally));
    }
    const left = [...tally.files.entries()].filter(([, file]) => isSafeToClean(file, now));
    if (left.length > 0) tasks.push(() => this.#clean(batch, new Set(left.map(([id]) => id))));
    return [...tasks, () => this.#notifyOwner(batch)];
  }

  /** Completes a file, unless another caller is doing that. */
  async #complete(id: number): Promise<EventsOf> {
    const claim = crypto.randomUUID();
    const completion = this.#run((batch) => claimCompletion(batch, id, claim));
    if (completion === null) return () => [];
    const result = await completeMultipart(this.#bucket, completion.multipart, completion).catch(
      (error: unknown) => {
        this.#run(({ apply }) => apply([{ file: id, event: "released" }]));
        throw error;
      },
    );
    if ("etag" in result) {
      const completed = await completionEvents(this.#bucket, completion, result);
      // Any other caller may check the file's digest.
      return () => [...completed, { file: id, event: "released" }];
    }
    const doubtful = { multipartId: completion.multipart.id, doubt: result.doubt };
    return (open) => doubtEvents(open, id, doubtful, Date.now());
  }

  /**
   * Aborts a multipart upload. If R2 has completed it meanwhile, its object is the file's; or it is
   * deleted, if the file was cancelled.
   */
  async #abort(file: number, { id, key, triedAt }: TriedMultipart): Promise<EventsOf> {
    await abortMultipart(this.#bucket, { id, key });
    const aborted: FileEvent = { file, event: "multipartAborted", id };
    const object = triedAt === undefined ? null : await findObject(this.#bucket, key);
    const record = this.#run(({ tally }) => tally.files[file]);
    if (!object || !record) return () => [aborted];
    const { etag, size } = object;
    if (isUnwanted(record)) {
      await deleteStored(this.#bucket, { key, etag });
      return () => [aborted];
    }
    const completed = await completionEvents(
      this.#bucket,
      { file, size, multipart: { id, key } },
      { etag, isFound: true, isOpen: false },
    );
    return () => [...completed, aborted];
  }

  async #deleteUnwanted(file: number, object: RecordedObject): Promise<EventsOf> {
    await deleteStored(this.#bucket, object);
    return () => [{ file, event: "objectDeleted", etag: object.etag }];
  }

  /**
   * Deletes the objects of files that are not completed, and contact sheets that are not recorded; all
   * objects if the batch is deleted.
   */
  async #deleteObjects(
    { folder, sheets }: BatchConfig,
    { batch, files }: Tally,
  ): Promise<EventsOf> {
    await deleteFolder(this.#bucket, folder, (key) => {
      const file = files[fileIdOf(folder, key)];
      const isStored = file?.state === "completed" && (file.key ?? key) === key;
      const isSheet = sheets?.[sheetOf(folder, key)] !== undefined;
      return batch.deletedAt !== undefined || !(isStored || isSheet);
    });
    return () => [];
  }

  /** Deletes what requests have stored of cancelled files without reporting it, and sheets of them. */
  async #clean(batch: OpenBatch, cancelled: ReadonlySet<number>): Promise<EventsOf> {
    const { folder } = batch.config;
    const sheets = new Set(Array.from(cancelled, (file) => this.#sheets.leftover(batch, file)));
    await deleteFolder(this.#bucket, folder, (key) => {
      return cancelled.has(fileIdOf(folder, key)) || sheets.has(key);
    });
    return () => Array.from(cancelled, (file) => ({ file, event: "cleaned" }));
  }

  async #notifyOwner(batch: OpenBatch): Promise<EventsOf> {
    await this.#owner.sync(batch);
    return () => [];
  }
}
