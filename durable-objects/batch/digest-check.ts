import { fileError, PROGRESS } from "../../protocol/index.ts";
import { type DigestedObject, digestObject } from "../../storage/digests.ts";
import { objectKey } from "../../storage/keys.ts";
import { CLAIM_MS } from "./completion.ts";
import { type FileEvent, type FileRecord, needsCheck } from "./file.ts";
import type { OpenBatch } from "./transaction.ts";

/** A stored file whose declared digest has to be checked. */
export interface DigestCheck {
  file: number;
  /** The object that was recorded when the file was stored. */
  key: string;
  etag: string;
  /** The declared digest, in hex. */
  sha256: string;
}

/** Returns the event of a check that goes on. @param read the part that was read, 0 to 1 */
export function checkingEvent({ file, etag }: DigestCheck, by: string, read: number): FileEvent {
  const progress = PROGRESS.processing + Math.floor(read * CHECK_PROGRESS);
  return { file, event: "checking", by, etag, progress };
}

/** Progress of a file from the start of the check to its end, which reports 100. */
const CHECK_PROGRESS = PROGRESS.completed - PROGRESS.processing - 1;

/**
 * Returns the events of a check's outcome. A file whose object is gone waits for its bytes again: only
 * its storage has failed, which must not end a batch.
 *
 * @param object null if R2 has no object with the file's key
 */
export function checkedEvents(
  { file, etag, sha256 }: DigestCheck,
  object: DigestedObject | null,
): FileEvent[] {
  if (object?.sha256 === sha256) return [{ file, event: "digestChecked", etag, object }];
  const refused = { file, event: "objectRefused", etag, object } as const;
  if (object) return [{ ...refused, error: MISMATCH }];
  return [
    { ...refused, error: MISSING },
    { file, event: "retried" },
  ];
}

const MISMATCH = fileError(
  "checksum_mismatch",
  "The stored parts do not have the declared sha256; send the file again.",
);

const MISSING = fileError("storage_failed", "R2 no longer has the file; send it again.");

/** A check, and its caller. */
interface ClaimedCheck extends DigestCheck {
  by: string;
}

interface DigestChecksOptions {
  bucket: R2Bucket;
  /** Runs a transaction; returns null if there is no batch. */
  run: <T>(transaction: (batch: OpenBatch) => T) => T | null;
  onFailure: (error: unknown) => void;
}

/**
 * Checks the digests of files that no request checks any more. It runs beside the alarm that starts it:
 * reading a large file takes minutes, and other work must not wait for it, nor for the end of an
 * alarm's 15 minutes. The alarm runs every minute meanwhile, so the object is not idle. An eviction may
 * still end the check, and a later alarm starts it again.
 */
export class DigestChecks {
  readonly #options: DigestChecksOptions;
  #isRunning = false;

  constructor(options: DigestChecksOptions) {
    this.#options = options;
  }

  /** Starts checking one file after the other until one fails, unless that goes on already. */
  start(): void {
    if (!this.#isRunning) void this.#runAll();
  }

  async #runAll(): Promise<void> {
    const { onFailure } = this.#options;
    this.#isRunning = true;
    try {
      for (let check = this.#claim(); check; check = this.#claim()) await this.#check(check);
    } catch (error) {
      onFailure(error);
    } finally {
      this.#isRunning = false;
    }
  }

  async #check(check: ClaimedCheck): Promise<void> {
    const { bucket, run } = this.#options;
    const report = (read: number) =>
      run(({ apply }) => apply([checkingEvent(check, check.by, read)]));
    const object = await digestObject(bucket, check.key, report);
    run(({ apply }) => apply(checkedEvents(check, object)));
  }

  /** Takes the next check that no caller performs; null if there is none. */
  #claim(): ClaimedCheck | null {
    return this.#options.run((batch) => {
      const check = nextCheck(batch, Date.now());
      if (!check) return null;
      const by = crypto.randomUUID();
      batch.apply([checkingEvent(check, by, 0)]);
      return { ...check, by };
    });
  }
}

/** Returns the check that was begun the longest time ago, so that a file that fails delays no other. */
function nextCheck({ config, tally, store }: OpenBatch, now: number): DigestCheck | null {
  const begun = (id: number) => tally.files[id]?.claim?.at ?? -Infinity;
  const waiting = [...tally.files.keys()].filter((id) => isWaiting(tally.files[id], now));
  const [id] = waiting.toSorted((a, b) => begun(a) - begun(b));
  if (id === undefined) return null;
  const { etag, key } = tally.files[id] ?? {};
  const [declared] = store.declarations([id]);
  if (etag === undefined || declared?.sha256 === undefined) return null;
  const { name, sha256 } = declared;
  const location = { folder: config.folder, id, name, ...(key !== undefined && { key }) };
  return { file: id, etag, key: objectKey(location), sha256 };
}

/** True if a file waits for a check that no caller performs. */
function isWaiting(file: FileRecord | undefined, now: number): boolean {
  return file !== undefined && needsCheck(file) && (file.claim?.at ?? -Infinity) + CLAIM_MS <= now;
}
