import { env } from "cloudflare:workers";
import { type DeclaredFiles, isBatchOver } from "../../../protocol/index.ts";
import {
  ok,
  type Result,
  changeRefusal,
  declareRefusal,
  expiredBatch,
  uploadRefusal,
  unknownBatch,
  unknownFile,
} from "../refusals.ts";
import { abandonedUploads, timeoutEvents } from "../cleanup.ts";
import { declaredFiles } from "../file-limits.ts";
import type { FileRecord, FileEvent } from "../file.ts";
import { isReadyToComplete, acceptsPart, openUpload } from "../parts.ts";
import { type Lifetimes, newBatchRecord, Tally } from "../tally.ts";
import { batchLimits } from "../limits.ts";
import { batchResource } from "../views.ts";
import { BATCH_ID, type Callee } from "./calls.ts";

/** An answer as far as the model knows it: who is to put a file together it does not. */
type Expected = Result<unknown> | { ok: true };

/**
 * What the Batch should be: its tally and two notes, in plain memory that is never lost. Values of
 * answers are told as far as they are not the tally's own. R2 knows none of its multipart uploads.
 */
export class BatchModel implements Callee {
  readonly #lifetimes: Lifetimes;
  #tally: Tally | null = null;
  readonly #declared = new Map<string, DeclaredFiles>();
  /** File to the numbers of its parts that are stored. */
  readonly #parts = new Map<number, Set<number>>();

  constructor(lifetimes: Lifetimes) {
    this.#lifetimes = lifetimes;
  }

  /** The batch, its files, and the numbers of their parts, while these are not put together. */
  look(): Expected {
    return this.#step((tally) => {
      const files = tally.files.map((file, id) => ({
        ...shownOf(file),
        parts: file.etag === undefined ? this.#numbers(id) : [],
      }));
      return ok({ batch: resourceOf(tally), files });
    });
  }

  create: Callee["create"] = ({ files, sealed }) => {
    if (this.#tally) return resourceOf(this.#tally);
    this.#tally = new Tally(newBatchRecord(Date.now()), []);
    this.#tally.declare(declaredFiles(files, batchLimits(env), 0));
    if (sealed) this.#tally.seal();
    this.#commit(this.#tally);
    return resourceOf(this.#tally);
  };

  declare: Callee["declare"] = ({ key, files, firstFile: expected = null }) =>
    this.#step((tally) => {
      const known = this.#declared.get(key);
      const declared = { count: files.length, firstFile: expected };
      const problem = known ? null : declareRefusal(tally, declared, batchLimits(env));
      if (known ?? problem) return problem ?? ok(known);
      const firstFile = tally.declare(declaredFiles(files, batchLimits(env), 0));
      this.#commit(tally);
      const value = { firstFile, count: files.length, rev: tally.batch.rev };
      this.#declared.set(key, value);
      return ok(value);
    });

  seal: Callee["seal"] = () => this.#change((tally) => tally.seal());

  setPaused: Callee["setPaused"] = (paused) => this.#change((tally) => tally.setPaused(paused));

  retry: Callee["retry"] = (files) => this.#change((tally) => tally.retry(files, Date.now()));

  cancel: Callee["cancel"] = () =>
    this.#step((tally) => {
      if (tally.state !== "completed") tally.cancel(Date.now());
      this.#commit(tally);
      return ok(resourceOf(tally));
    });

  cancelFile: Callee["cancelFile"] = (file) =>
    this.#step((tally) => {
      this.#apply(tally, [{ file, event: "cancelled" }]);
      return tally.files[file] ? ok({ id: file }) : unknownFile(file);
    });

  admit: Callee["admit"] = () =>
    this.#step((tally) => uploadRefusal(tally) ?? ok({ rev: tally.batch.rev }));

  admitPart: Callee["admitPart"] = (file, part) =>
    this.#step((tally) => {
      const isStored = this.#partsOf(file).has(part);
      return uploadRefusal(tally) ?? ok({ isStored });
    });

  applyEvents: Callee["applyEvents"] = (reports) =>
    this.#step((tally) => {
      this.#apply(tally, reports);
      return ok({ rev: tally.batch.rev });
    });

  registerMultipart: Callee["registerMultipart"] = (file, multipart) =>
    this.#step((tally) => {
      const opened = { file, event: "multipartOpened", ...multipart } as const;
      this.#apply(tally, [{ file, event: "retried" }, opened]);
      return { ok: true, value: openUpload(tally.files[file]) };
    });

  recordPart: Callee["recordPart"] = (file, part) =>
    this.#step((tally) => {
      if (!acceptsPart(tally.files[file], part.multipartId)) return { ok: true };
      const { upload, bytes } = part;
      const isNew = !this.#partsOf(file).has(part.number);
      this.#parts.set(file, this.#partsOf(file).add(part.number));
      if (isNew) this.#apply(tally, [{ file, event: "partStored", upload, bytes }]);
      return { ok: true };
    });

  releaseCompletion: Callee["releaseCompletion"] = () => this.#step(() => ok(null));

  delete: Callee["delete"] = () => {
    if (!this.#tally) return unknownBatch();
    if (this.#tally.batch.removal !== "everything") this.#tally.remove("everything", Date.now());
    this.#commit(this.#tally);
    return ok({});
  };

  /** The alarm: what is silent has vanished, what is whole was lost, and what is over goes. */
  ring(): void {
    const tally = this.#tally;
    if (!tally) return;
    const now = Date.now();
    const { expiresAt, removal } = tally.batch;
    if (expiresAt <= now && removal === null) timeOut(tally, now);
    this.#apply(tally, timeoutEvents(tally, now));
    for (const report of reportsOfR2(tally)) this.#apply(tally, [report]);
    if (expiresAt <= now && removal !== null) this.#forget();
  }

  #step(step: (tally: Tally) => Expected): Expected {
    if (this.#tally?.batch.removal !== null) return unknownBatch();
    return this.#tally.batch.expired ? expiredBatch() : step(this.#tally);
  }

  #change(change: (tally: Tally) => void): Expected {
    return this.#step((tally) => {
      const problem = changeRefusal(tally);
      if (problem) return problem;
      change(tally);
      this.#commit(tally);
      return ok(resourceOf(tally));
    });
  }

  #apply(tally: Tally, reports: readonly FileEvent[]): void {
    tally.apply(reports, Date.now());
    this.#commit(tally);
    for (const { file, event } of reports) {
      const mayEnd = event === "multipartCompleted" || event.startsWith("multipart");
      if (mayEnd && !tally.files[file]?.multipart) this.#parts.delete(file);
    }
  }

  #commit(tally: Tally): void {
    tally.commit(Date.now(), this.#lifetimes);
  }

  #partsOf(file: number): Set<number> {
    return this.#parts.get(file) ?? new Set();
  }

  #numbers(file: number): number[] {
    return [...this.#partsOf(file)].toSorted((a, b) => a - b);
  }

  #forget(): void {
    this.#tally = null;
    this.#declared.clear();
    this.#parts.clear();
  }
}

function resourceOf(tally: Tally) {
  return batchResource({ id: BATCH_ID, folder: `${BATCH_ID}/`, metadata: {} }, tally);
}

/** What the list says of a file that its record has. */
function shownOf({ state, progress, receivedBytes, attempts, error, etag }: FileRecord) {
  return {
    state,
    progress,
    receivedBytes,
    attempts,
    ...(error && { error }),
    ...(etag && { etag }),
  };
}

function timeOut(tally: Tally, now: number): void {
  if (isBatchOver(tally.state)) tally.remove("records", now);
  else tally.expire(now);
}

function reportsOfR2(tally: Tally): FileEvent[] {
  const lost = [...tally.files.entries()].flatMap(([file, record]): FileEvent[] =>
    isReadyToComplete(record) ? [{ file, event: "multipartLost", id: record.multipart.id }] : [],
  );
  const closed = abandonedUploads(tally).map(({ file, id }): FileEvent => ({
    file,
    event: "multipartAborted",
    id,
  }));
  return [...lost, ...closed];
}
