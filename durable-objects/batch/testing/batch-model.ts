import { env } from "cloudflare:workers";
import type { BatchResource, DeclaredFiles } from "../../../protocol/index.ts";
import type { FileDeclaration } from "../../../protocol/schemas.ts";
import { isDue, passTime } from "../expiry.ts";
import { abandonedUploads, hasNoWork } from "../leftovers.ts";
import { leaseEndEvents } from "../upload-lease.ts";
import { type FileEvent, type FileRecord, hasNoParts } from "../file.ts";
import { batchLimits, declaredFiles } from "../limits.ts";
import {
  claimEvents,
  doubtEvents,
  isReadyToComplete,
  isSafeToAbort,
  isSafeToClean,
} from "../completion.ts";
import { acceptsPart, openMultipart } from "../parts.ts";
import {
  addingRefusal,
  changeRefusal,
  declareRefusal,
  expiredBatch,
  noWebhook,
  ok,
  type Result,
  retryRefusal,
  unknownBatch,
  unknownFile,
  unknownFiles,
  uploadRefusal,
} from "../refusals.ts";
import { newBatchRecord, Tally } from "../tally.ts";
import type { Lifetimes } from "../transaction.ts";
import { batchResource } from "../views.ts";
import { BATCH_ID, type Callee } from "./calls.ts";

/** A result as far as the model knows it. It doesn't know who performs a completion. */
type Expected = Result<unknown> | { ok: true };

/**
 * A model of the Batch: its tally and a few notes in memory that is never lost. Results contain only the
 * values that the model knows: rev, times and attempts depend on what the Batch had stored when it was
 * evicted. R2 has none of its multipart uploads.
 */
export class BatchModel implements Callee {
  readonly #lifetimes: Lifetimes;
  #tally: Tally | null = null;
  #manifest: FileDeclaration[] = [];
  readonly #declared = new Map<string, Omit<DeclaredFiles, "rev">>();
  /** Numbers of the stored parts by file. */
  readonly #parts = new Map<number, Set<number>>();

  constructor(lifetimes: Lifetimes) {
    this.#lifetimes = lifetimes;
  }

  /** The batch and its files, with the stored parts of those that are not completed. */
  state(): Expected {
    return this.#run((tally) => {
      const files = tally.files.map((file, id) => ({
        ...listedValues(file),
        parts: file.etag === undefined ? this.#partNumbers(id) : [],
      }));
      return ok({ batch: this.#resource(tally), files });
    });
  }

  create: Callee["create"] = ({ files, sealed }) => {
    if (this.#tally) return this.#resource(this.#tally);
    this.#tally = new Tally(newBatchRecord(Date.now()), []);
    this.#addFiles(this.#tally, files);
    if (sealed) this.#tally.seal();
    this.#commit(this.#tally);
    return this.#resource(this.#tally);
  };

  /** The operator has set no webhook. */
  repeatWebhook: Callee["repeatWebhook"] = () => this.#run(() => noWebhook());

  finishCreation: Callee["finishCreation"] = () => this.#run((tally) => ok(this.#resource(tally)));

  declare: Callee["declare"] = ({ key, files, firstFile: expected = null }) =>
    this.#run((tally) => {
      const known = this.#declared.get(key);
      const declared = { count: files.length, firstFile: expected };
      const refusal = known ? null : declareRefusal(tally, declared, batchLimits(env));
      if (known ?? refusal) return refusal ?? ok(known);
      const firstFile = this.#addFiles(tally, files);
      this.#commit(tally);
      const value = { firstFile, count: files.length };
      this.#declared.set(key, value);
      return ok(value);
    });

  seal: Callee["seal"] = () => this.#change((tally) => tally.seal());

  renewTokens: Callee["renewTokens"] = ({ revoke }) =>
    this.#runOnExpired((tally) => {
      tally.revoke(revoke);
      this.#commit(tally);
      return ok({ write: 0, read: 0, ...tally.batch.generations });
    });

  setPaused: Callee["setPaused"] = (paused) => this.#change((tally) => tally.setPaused(paused));

  setBlock: Callee["setBlock"] = (block) =>
    this.#run((tally) => {
      tally.setBlock(block);
      tally.commit(tally.batch.updatedAt, this.#lifetimes);
      return ok(null);
    });

  change: Callee["change"] = ({ sealed }) =>
    this.#change((tally) => {
      if (sealed) tally.seal();
    });

  retry: Callee["retry"] = (files) =>
    this.#change(
      (tally) => tally.retry(files, Date.now()),
      (tally) => addingRefusal(tally) ?? retryRefusal(tally, files),
    );

  cancel: Callee["cancel"] = () =>
    this.#run((tally) => {
      if (tally.state !== "completed") tally.cancel(Date.now());
      this.#commit(tally);
      return ok(this.#resource(tally));
    });

  cancelFile: Callee["cancelFile"] = (file) =>
    this.#run((tally) => {
      this.#apply(tally, [{ file, event: "cancelled", deletes: true }]);
      const record = tally.files[file];
      if (record && hasNoParts(record)) this.#parts.delete(file);
      return record ? ok({ id: file }) : unknownFile(file);
    });

  cancelFiles: Callee["cancelFiles"] = (files) =>
    this.#run((tally) => {
      const ids = files === "unfinished" ? [...tally.files.keys()] : files;
      const refusal = unknownFiles(tally, ids);
      if (refusal) return refusal;
      this.#apply(
        tally,
        ids.map((file) => ({ file, event: "cancelled" })),
      );
      return ok(this.#resource(tally));
    });

  admit: Callee["admit"] = () => this.#run((tally) => uploadRefusal(tally) ?? { ok: true });

  admitPart: Callee["admitPart"] = (file, part) =>
    this.#run((tally) => {
      const isStored = this.#partsOf(file).has(part);
      const refusal = uploadRefusal(tally);
      if (!refusal && isStored) this.#claim(tally, file);
      return refusal ?? ok({ isStored });
    });

  applyEvents: Callee["applyEvents"] = (events) =>
    this.#run((tally) => {
      this.#apply(tally, events);
      return { ok: true };
    });

  registerMultipart: Callee["registerMultipart"] = (file, multipart) =>
    this.#run((tally) => {
      const opened = { file, event: "multipartOpened", ...multipart } as const;
      this.#apply(tally, [{ file, event: "retried" }, opened]);
      return { ok: true, value: openMultipart(tally.files[file]) };
    });

  recordPart: Callee["recordPart"] = (file, part) =>
    this.#run((tally) => {
      const { upload, bytes } = part;
      if (acceptsPart(tally.files[file], part.multipartId)) {
        const isNew = !this.#partsOf(file).has(part.number);
        this.#parts.set(file, this.#partsOf(file).add(part.number));
        const known = { file, event: "partRepeated", upload } as const;
        this.#apply(tally, [isNew ? { file, event: "partStored", upload, bytes } : known]);
      }
      this.#claim(tally, file, upload);
      return { ok: true };
    });

  releaseCompletion: Callee["releaseCompletion"] = (file, doubtful = null, by = null) =>
    this.#run((tally) => {
      if (doubtful) this.#doubt(tally, file, doubtful.multipartId);
      else this.#apply(tally, [{ file, event: "released" }]);
      if (by !== null) this.#claim(tally, file, by);
      return { ok: true };
    });

  delete: Callee["delete"] = () => {
    if (!this.#tally) return unknownBatch();
    this.#tally.delete(Date.now());
    this.#commit(this.#tally);
    return ok({});
  };

  /** An eviction: no request is sending a file any more. */
  restart(): void {
    const { batch, files } = this.#tally ?? {};
    if (batch && files) this.#tally = new Tally(batch, files);
  }

  /** The alarm: expiry, timed-out uploads, lost completions, and the end of a deleted batch. */
  alarm(): void {
    const tally = this.#tally;
    if (!tally) return;
    const now = Date.now();
    const expiring = { config: {}, tally, lifetimes: this.#lifetimes };
    const isLast = tally.batch.deletedAt !== undefined && isDue(expiring);
    passTime(expiring);
    this.#apply(tally, leaseEndEvents(tally, now));
    this.#runTasks(tally, now);
    const isDone = hasNoWork(tally);
    if (isLast && isDone) this.#deleteAll();
  }

  /** Tries to complete and abort multipart uploads, none of which R2 has. */
  #runTasks(tally: Tally, now: number): void {
    const ready = [...tally.files.entries()].filter(([, file]) => isReadyToComplete(file));
    const due = abandonedUploads(tally).filter(({ upload }) => isSafeToAbort(upload, now));
    for (const [id, { multipart }] of ready) {
      if (multipart && this.#claim(tally, id)) this.#doubt(tally, id, multipart.id);
    }
    const left = [...tally.files.entries()].filter(([, file]) => isSafeToClean(file, now));
    for (const { file, upload } of due) {
      this.#apply(tally, [{ file, event: "multipartAborted", id: upload.id }]);
    }
    this.#apply(
      tally,
      left.map(([file]) => ({ file, event: "cleaned" })),
    );
  }

  /** @returns true if the caller has the completion */
  #claim(tally: Tally, file: number, by: string = crypto.randomUUID()): boolean {
    const claiming = claimEvents(file, tally.files[file], by, Date.now());
    this.#apply(tally, claiming);
    return claiming.length > 0;
  }

  #doubt(tally: Tally, file: number, multipartId: string): void {
    const doubtful = { multipartId, doubt: "noSuchUpload" } as const;
    this.#apply(tally, doubtEvents({ tally, store: NO_PARTS }, file, doubtful, Date.now()));
  }

  #run(call: (tally: Tally) => Expected): Expected {
    return this.#runOnExpired((tally) => (tally.batch.expired ? expiredBatch() : call(tally)));
  }

  #runOnExpired(call: (tally: Tally) => Expected): Expected {
    if (!this.#tally || this.#tally.batch.deletedAt !== undefined) return unknownBatch();
    return call(this.#tally);
  }

  #change(change: (tally: Tally) => void, refusalOf = changeRefusal): Expected {
    return this.#run((tally) => {
      const refusal = refusalOf(tally);
      if (refusal) return refusal;
      change(tally);
      this.#commit(tally);
      return ok(this.#resource(tally));
    });
  }

  #addFiles(tally: Tally, files: readonly FileDeclaration[]): number {
    this.#manifest.push(...files);
    return tally.declare(declaredFiles(files, batchLimits(env), 0));
  }

  #apply(tally: Tally, events: readonly FileEvent[]): void {
    tally.apply(events, Date.now());
    this.#commit(tally);
    for (const { file, event } of events) {
      const record = tally.files[file];
      const mayDrop = event.startsWith("multipart") || event === "retried";
      if (mayDrop && record && hasNoParts(record)) this.#parts.delete(file);
    }
  }

  #commit(tally: Tally): void {
    tally.commit(Date.now(), this.#lifetimes);
  }

  #resource(tally: Tally): Omit<BatchResource, "rev" | "updatedAt" | "expiresAt"> {
    const declarations = (ids: Iterable<number>) => Array.from(ids, (id) => this.#manifest[id]);
    const config = { id: BATCH_ID, metadata: {} };
    const {
      rev: _,
      updatedAt: __,
      expiresAt: ___,
      ...known
    } = batchResource({
      config,
      origin: undefined,
      tally,
      store: { declarations },
    });
    return known;
  }

  #partsOf(file: number): Set<number> {
    return this.#parts.get(file) ?? new Set();
  }

  #partNumbers(file: number): number[] {
    return [...this.#partsOf(file)].toSorted((a, b) => a - b);
  }

  #deleteAll(): void {
    this.#tally = null;
    this.#manifest = [];
    this.#declared.clear();
    this.#parts.clear();
  }
}

/** The values of a file's record that a list contains. */
function listedValues({ state, progress, receivedBytes, error, etag }: FileRecord) {
  return {
    state,
    progress,
    receivedBytes,
    ...(error && { error }),
    ...(etag && { etag }),
  };
}

/** A store that is not read: parts matter only if R2 has the upload. */
const NO_PARTS = { parts: () => [], savePart: () => undefined };
