import {
  fileError,
  type FileError,
  type FileState,
  HEAD_BYTES,
  LIMITS,
  type ProblemCode,
  PROGRESS,
} from "../../protocol/index.ts";
import type { Admission, FileDetails, SingleFileDetails } from "../../durable-objects/index.ts";
import { crc32 } from "../../storage/crc32.ts";
import { isTransient } from "../../storage/errors.ts";
import { objectKey } from "../../storage/keys.ts";
import { matchingEtag, putObject } from "../../storage/objects.ts";
import { retryTransient } from "../../storage/retry.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { ProblemError } from "../http/problem.ts";
import { sizeMismatch } from "../http/size-problems.ts";
import { asProblem } from "../http/storage-problem.ts";
import {
  discardObject,
  type FileToStore,
  type Inspection,
  resolveConflict,
  type StoredContent,
} from "./conflict.ts";
import { checkDigest, requiredDigest, sha256Hex } from "./digest.ts";
import { UploadEvents, type UploadKind } from "./events.ts";
import { acceptedType, fileProperties } from "./media-type.ts";

/**
 * The `put`s of one request that run side by side. A Worker has six connections, and further `put`s
 * would only wait in memory. The weight is the bytes of their files.
 */
export const PUT_LIMITS = { tasks: 6, weight: LIMITS.bundleBytes };

/** The Batch's refusals after which it deletes no object any more. */
const GONE: ReadonlySet<ProblemCode> = new Set(["batch_not_found", "batch_expired"]);

/**
 * One request that uploads files: stores their content in R2 and reports their states to the batch. An
 * error of one file is reported for that file and does not affect the others.
 */
export class Upload {
  /** Identifies the request in the tally: a later request for the same file replaces this one. */
  readonly id = crypto.randomUUID();
  readonly bucket: R2Bucket;
  readonly batch: BatchClient;
  readonly events: UploadEvents;
  readonly #started = new Set<number>();
  /** Objects that this request has stored, as far as is known, by file. */
  readonly #stored = new Map<number, { key: string; etag: string }>();

  constructor(bucket: R2Bucket, batch: BatchClient, kind: UploadKind) {
    this.bucket = bucket;
    this.batch = batch;
    this.events = new UploadEvents(batch, kind);
  }

  /** Reports that the request sends a file, which also retries a failed one. */
  start({ id, row, reopening }: Admission): void {
    if (this.#started.has(id)) return;
    this.#started.add(id);
    if (row[1] === "failed") {
      const reopens = reopening?.end;
      this.events.add({ event: "retried", file: id, upload: this.id, reopens });
    }
    this.events.add({ event: "started", file: id, upload: this.id });
  }

  /** Reports how many bytes of a file have arrived. */
  progress(file: Admission, receivedBytes: number): void {
    this.start(file);
    this.events.add({ event: "receiving", file: file.id, upload: this.id, receivedBytes });
  }

  /**
   * Stores a file whose content is in memory, and reports the outcome.
   *
   * @param digest hex SHA-256 that the content must have
   * @returns the error of the file; null if it is stored
   */
  async storeBytes(
    file: Admission,
    bytes: Uint8Array,
    digest: string | null = null,
  ): Promise<FileError | null> {
    this.progress(file, bytes.length);
    try {
      if (bytes.length !== file.size) throw sizeMismatch(file.size, bytes.length);
      const sha256 = await sha256Hex(bytes);
      checkDigest(sha256, requiredDigest(digest, file.sha256));
      const head = bytes.subarray(0, HEAD_BYTES);
      const type = await acceptedType(head, file);
      const object = { file, type, sha256 };
      const etag = await this.#put(object, bytes);
      await this.finish(object, etag, { sha256, crc32: crc32(bytes), head, type });
      return null;
    } catch (error) {
      return this.fail(file, error);
    }
  }

  /**
   * Puts a file. R2 may have stored it although every attempt failed, for this request or another one.
   *
   * @returns the object's etag; null if an object with the file's key existed before
   */
  async #put(object: FileToStore & { sha256: string }, bytes: Uint8Array): Promise<string | null> {
    try {
      return await putObject(this.bucket, object, bytes, { isVerified: true });
    } catch (error) {
      if (!isTransient(error)) throw error;
      const find = () => matchingEtag(this.bucket, object.file, object.sha256);
      const etag = await retryTransient(find);
      if (etag === null) throw error;
      return etag;
    }
  }

  /**
   * Reports that a file is stored, and completes it with the properties of its content.
   *
   * @param etag the result of `putObject`; null if an object with the file's key existed
   */
  async finish(object: FileToStore, etag: string | null, content: Inspection): Promise<void> {
    const stored =
      etag === null
        ? await resolveConflict(this.bucket, this.batch, object, content)
        : { etag, ...content };
    if (stored !== null) this.complete(object.file, stored);
  }

  /** Notes the object of a file, which this request deletes if the batch no longer wants the file. */
  hasStored(id: number, object: { key: string; etag: string }): void {
    this.#stored.set(id, object);
  }

  /** Reports that R2 holds a file, and completes it. */
  complete(file: FileToStore["file"], { etag, head, type, ...digests }: StoredContent): void {
    const { id } = file;
    const key = objectKey(file);
    this.hasStored(id, { key, etag });
    this.events.add(
      { event: "stored", file: id, etag, ...digests, key },
      { event: "processing", file: id, progress: PROGRESS.processing },
      { event: "completed", file: id, properties: fileProperties(head, type) },
    );
  }

  /**
   * Reports that a file failed. If only R2 failed, the file is queued again: R2 may hold it all the
   * same, and a file that another request is storing must not end its batch as failed.
   *
   * @throws the error itself if it is unexpected; the file is then queued again, too
   */
  fail({ id }: Admission, error: unknown): FileError {
    const problem = asProblem(error);
    if (!problem || problem.code === "storage_failed") this.interrupt(id);
    if (!problem) throw error;
    const reported = fileError(problem.code, problem.message);
    if (problem.code !== "storage_failed") {
      this.events.add({ event: "failed", file: id, upload: this.id, error: reported });
    }
    return reported;
  }

  /**
   * True if an error of R2 is without consequence: another request has completed the file meanwhile.
   * Call it after `flush`.
   */
  isCompletedAnyway(id: number, code: ProblemCode | undefined): boolean {
    return code === "storage_failed" && this.events.row(id)?.[1] === "completed";
  }

  /** Reports that the request no longer sends a file, which is queued again. */
  interrupt(id: number): void {
    this.events.add({ event: "interrupted", file: id, upload: this.id });
  }

  /** Sends the remaining events and returns the resulting file, with one call to the Batch. */
  async result(id: number): Promise<SingleFileDetails> {
    const events = await this.events.takePending();
    const { file } = await this.#unlessGone(() => this.batch.applyEvents(events, id));
    if (file && isUnwanted(file.state)) await this.#deleteAll([id]);
    return file ?? this.batch.file(id);
  }

  /**
   * Sends the remaining events.
   *
   * @param files ids of files to return as they are then
   */
  async flush(files: number[] = []): Promise<FileDetails[]> {
    const details = await this.#unlessGone(() => this.events.flush(files));
    const unwanted = [...this.#stored.keys()].filter((id) => isUnwanted(this.events.row(id)?.[1]));
    await this.#deleteAll(unwanted);
    return details;
  }

  /**
   * Calls the Batch. If it is gone, deletes this request's objects: it may have been deleted, and its
   * last cleanup done, while the request was still storing.
   */
  async #unlessGone<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof ProblemError && GONE.has(error.code)) {
        await this.#deleteAll([...this.#stored.keys()]);
      }
      throw error;
    }
  }

  /** The response says what became of the files, so a deletion that fails does not replace it. */
  async #deleteAll(ids: readonly number[]): Promise<void> {
    const objects = ids.flatMap((id) => this.#stored.get(id) ?? []);
    for (const id of ids) this.#stored.delete(id);
    const deletions = objects.map((object) => discardObject(this.bucket, object));
    for (const deletion of await Promise.allSettled(deletions)) {
      if (deletion.status === "fulfilled") continue;
      console.error(JSON.stringify({ batch: this.batch.id, error: String(deletion.reason) }));
    }
  }
}

/**
 * True if the batch no longer wants the object of a file: the file was cancelled, or refused, or never
 * declared.
 */
function isUnwanted(state: FileState | undefined): boolean {
  return state === undefined || state === "cancelled" || state === "failed";
}
