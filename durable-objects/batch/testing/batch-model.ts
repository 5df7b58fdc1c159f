import { env } from "cloudflare:workers";
import type { BatchResource, DeclaredFiles } from "../../../protocol/index.ts";
import type { FileDeclaration } from "../../../protocol/schemas.ts";
import { abandonedUploads, deadline } from "../cleanup.ts";
import { leaseEndEvents } from "../upload-lease.ts";
import type { FileEvent, FileRecord } from "../file.ts";
import { batchLimits, declaredFiles } from "../limits.ts";
import { acceptsPart, isReadyToComplete, openMultipart } from "../parts.ts";
import {
  changeRefusal,
  declareRefusal,
  expiredBatch,
  ok,
  type Result,
  unknownBatch,
  unknownFile,
  uploadRefusal,
} from "../refusals.ts";
import { type Lifetimes, newBatchRecord, Tally } from "../tally.ts";
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

  setPaused: Callee["setPaused"] = (paused) => this.#change((tally) => tally.setPaused(paused));

  retry: Callee["retry"] = (files) => this.#change((tally) => tally.retry(files, Date.now()));

  cancel: Callee["cancel"] = () =>
    this.#run((tally) => {
      if (tally.state !== "completed") tally.cancel(Date.now());
      this.#commit(tally);
      return ok(this.#resource(tally));
    });

  cancelFile: Callee["cancelFile"] = (file) =>
    this.#run((tally) => {
      this.#apply(tally, [{ file, event: "cancelled" }]);
      return tally.files[file] ? ok({ id: file }) : unknownFile(file);
    });

  admit: Callee["admit"] = () => this.#run((tally) => uploadRefusal(tally) ?? { ok: true });

  admitPart: Callee["admitPart"] = (file, part) =>
    this.#run((tally) => {
      const isStored = this.#partsOf(file).has(part);
      return uploadRefusal(tally) ?? ok({ isStored });
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
      if (!acceptsPart(tally.files[file], part.multipartId)) return { ok: true };
      const { upload, bytes } = part;
      const isNew = !this.#partsOf(file).has(part.number);
      this.#parts.set(file, this.#partsOf(file).add(part.number));
      if (isNew) this.#apply(tally, [{ file, event: "partStored", upload, bytes }]);
      return { ok: true };
    });

  releaseCompletion: Callee["releaseCompletion"] = () => this.#run(() => ok(null));

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
    const { deletedAt } = tally.batch;
    const isDue = deadline(tally) <= now;
    if (isDue && deletedAt === null) tally.expire(now);
    this.#apply(tally, leaseEndEvents(tally, now));
    for (const event of eventsOfR2(tally)) this.#apply(tally, [event]);
    if (isDue && deletedAt !== null) this.#deleteAll();
  }

  #run(call: (tally: Tally) => Expected): Expected {
    if (this.#tally?.batch.deletedAt !== null) return unknownBatch();
    return this.#tally.batch.expired ? expiredBatch() : call(this.#tally);
  }

  #change(change: (tally: Tally) => void): Expected {
    return this.#run((tally) => {
      const refusal = changeRefusal(tally);
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
      const mayEnd = event.startsWith("multipart");
      if (mayEnd && !tally.files[file]?.multipart) this.#parts.delete(file);
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

/** The events that follow if R2 has lost every multipart upload. */
function eventsOfR2(tally: Tally): FileEvent[] {
  const lost = [...tally.files.entries()].flatMap(([file, record]): FileEvent[] =>
    isReadyToComplete(record) ? [{ file, event: "multipartLost", id: record.multipart.id }] : [],
  );
  const aborted = abandonedUploads(tally).map(({ file, id }): FileEvent => {
    return { file, event: "multipartAborted", id };
  });
  return [...lost, ...aborted];
}
