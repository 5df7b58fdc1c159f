import { isSettled, PROGRESS } from "../../protocol/index.ts";
import { fileIdOf, type MultipartUpload } from "../../storage/keys.ts";
import { abortMultipart, completeMultipart } from "../../storage/multipart.ts";
import { deleteFolder } from "../../storage/objects.ts";
import { type FileRecord, isFinalFailure, isStored, type FileEvent } from "./file.ts";
import { type MultipartCompletion, isReadyToComplete } from "./parts.ts";
import type { Tally } from "./tally.ts";

/** An upload that nobody has heard of for this long has vanished with the Worker that took it. */
const UPLOAD_TIMEOUT_MS = 60_000;
/** What R2 could not do is tried again after this long. */
const RETRY_MS = 60_000;

/** Sees, by the object's one alarm, to what nobody may be left to do. */
export class Cleanup {
  readonly #storage: DurableObjectStorage;
  readonly #bucket: R2Bucket;
  /** When the alarm is set for; null where that is not known, as after hibernation. */
  #alarmAt: number | null = null;

  constructor(storage: DurableObjectStorage, bucket: R2Bucket) {
    this.#storage = storage;
    this.#bucket = bucket;
  }

  /** Sets the alarm for the next time that something may have to be done. */
  schedule(tally: Tally, now: number, isTidy = true): void {
    const { batch, totals } = tally;
    const isBusy = totals.uploading + totals.processing > 0;
    // Whoever does not know what the alarm was set for has to look at all files.
    const isKnown = this.#alarmAt !== null || isClean(tally);
    if (!isTidy || !isKnown) this.#wakeAt(now + RETRY_MS);
    else
      this.#wakeAt(isBusy ? Math.min(now + UPLOAD_TIMEOUT_MS, batch.expiresAt) : batch.expiresAt);
  }

  /** Sets the alarm for now: R2 holds what nobody wants any more. */
  runNow(now: number): void {
    this.#wakeAt(now);
  }

  /** The alarm has come, and the next one is still to be set. */
  onAlarm(): void {
    this.#alarmAt = null;
  }

  #wakeAt(time: number): void {
    if (this.#alarmAt !== null && this.#alarmAt <= time) return;
    this.#alarmAt = time;
    void this.#storage.setAlarm(time);
  }

  /** Puts together what is whole and was left lying; its reports are to be applied. */
  async complete(completion: MultipartCompletion): Promise<FileEvent[]> {
    return completionEvents(
      completion,
      await completeMultipart(this.#bucket, completion.multipart, completion),
    );
  }

  /** Deletes the objects of a batch's files that are not to be kept. */
  async deleteObjects(folder: string, isKept: (file: number) => boolean): Promise<FileEvent[]> {
    await deleteFolder(this.#bucket, folder, (key) => !isKept(fileIdOf(folder, key)));
    return [];
  }

  /** Gives up a multipart upload that nobody will finish; its report is to be applied. */
  async abort({ file, key, id }: AbandonedUpload): Promise<FileEvent[]> {
    await abortMultipart(this.#bucket, { key, id });
    return [{ file, event: "multipartAborted", id }];
  }
}

/** What to report of files that nobody has heard of for too long. */
export function timeoutEvents(tally: Tally, now: number): FileEvent[] {
  return [...tally.files.entries()].flatMap(([id, file]) =>
    file.lastActivityAt !== undefined && file.lastActivityAt + UPLOAD_TIMEOUT_MS <= now
      ? timedOutFileEvents(id, file)
      : [],
  );
}

/** One that is stored only misses what processing would have found; any other waits again. */
function timedOutFileEvents(id: number, file: FileRecord): FileEvent[] {
  return isStored(file) ? finalEvents(id) : [{ file: id, event: "timedOut" }];
}

/** The last stages of a file of which nothing more is to be found out. */
function finalEvents(file: number): FileEvent[] {
  return [
    { file, event: "processing", progress: PROGRESS.processing },
    { file, event: "completed", properties: {} },
  ];
}

/** @param etag of the object; null where R2 has lost the parts */
export function completionEvents(
  { file, multipart }: MultipartCompletion,
  etag: string | null,
): FileEvent[] {
  if (etag === null) return [{ file, event: "multipartLost", id: multipart.id }];
  return [{ file, event: "multipartCompleted", etag }, ...finalEvents(file)];
}

/** A multipart upload that nobody will finish. */
interface AbandonedUpload extends MultipartUpload {
  file: number;
}

/** All of them; of a batch that is being removed, nothing will be sent any more. */
export function abandonedUploads({ batch, files }: Tally): AbandonedUpload[] {
  return [...files.entries()].flatMap(([file, record]) => {
    const { multipart, orphans = [] } = record;
    const isOver = batch.removal !== null || isAbandoned(record);
    const abandoned = multipart && isOver ? [multipart, ...orphans] : orphans;
    return abandoned.map(({ id, key }) => ({ file, id, key }));
  });
}

/** Is nothing left to be given up or put together? Somebody may be at it, and vanish. */
export function isClean(tally: Tally): boolean {
  return abandonedUploads(tally).length === 0 && !tally.files.some(isReadyToComplete);
}

/** Does R2 hold parts of a file that will not be sent any more? */
export function isAbandoned(file: FileRecord): boolean {
  const isOver = isSettled(file.state) && (file.state !== "failed" || isFinalFailure(file));
  return isOver && file.multipart !== undefined;
}
