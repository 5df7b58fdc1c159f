import { env } from "cloudflare:workers";
import { type DeclaredFiles, isBatchOver } from "../../../protocol/index.ts";
import {
  answer,
  type Answer,
  changingProblem,
  declaringProblem,
  expiredBatch,
  sendingProblem,
  unknownBatch,
  unknownFile,
} from "../refusals.ts";
import { abandonedUploads, reportsOfSilence } from "../cleanup.ts";
import { declaredFiles } from "../file-limits.ts";
import type { FileRecord, Report } from "../file.ts";
import { isWhole, takesPart } from "../parts.ts";
import { type Lifetime, newBatchRecord, Tally } from "../tally.ts";
import { termsOf } from "../limits.ts";
import { batchResource } from "../views.ts";
import { BATCH_ID, type Callee } from "./calls.ts";

/** An answer as far as the model knows it: who is to put a file together it does not. */
type Expected = Answer<unknown> | { ok: true };

/**
 * What the Batch should be: its tally and two notes, in plain memory that is never lost. Values of
 * answers are told as far as they are not the tally's own. R2 knows none of its multipart uploads.
 */
export class BatchModel implements Callee {
  readonly #lifetime: Lifetime;
  #tally: Tally | null = null;
  readonly #declared = new Map<string, DeclaredFiles>();
  /** File to the numbers of its parts that are stored. */
  readonly #parts = new Map<number, Set<number>>();

  constructor(lifetime: Lifetime) {
    this.#lifetime = lifetime;
  }

  /** The batch, its files, and the numbers of their parts, while these are not put together. */
  look(): Expected {
    return this.#step((tally) => {
      const files = tally.files.map((file, id) => ({
        ...shownOf(file),
        parts: file.etag === undefined ? this.#numbers(id) : [],
      }));
      return answer({ batch: resourceOf(tally), files });
    });
  }

  create: Callee["create"] = ({ files, sealed }) => {
    if (this.#tally) return resourceOf(this.#tally);
    this.#tally = new Tally(newBatchRecord(Date.now()), []);
    this.#tally.declare(declaredFiles(files, termsOf(env), 0));
    if (sealed) this.#tally.seal();
    this.#commit(this.#tally);
    return resourceOf(this.#tally);
  };

  declare: Callee["declare"] = ({ key, files, firstFile: expected = null }) =>
    this.#step((tally) => {
      const known = this.#declared.get(key);
      const declared = { count: files.length, firstFile: expected };
      const problem = known ? null : declaringProblem(tally, declared, termsOf(env));
      if (known ?? problem) return problem ?? answer(known);
      const firstFile = tally.declare(declaredFiles(files, termsOf(env), 0));
      this.#commit(tally);
      const value = { firstFile, count: files.length, rev: tally.batch.rev };
      this.#declared.set(key, value);
      return answer(value);
    });

  seal: Callee["seal"] = () => this.#change((tally) => tally.seal());

  setPaused: Callee["setPaused"] = (paused) => this.#change((tally) => tally.setPaused(paused));

  retry: Callee["retry"] = (files) => this.#change((tally) => tally.retry(files, Date.now()));

  cancel: Callee["cancel"] = () =>
    this.#step((tally) => {
      if (tally.state !== "completed") tally.cancel(Date.now());
      this.#commit(tally);
      return answer(resourceOf(tally));
    });

  cancelFile: Callee["cancelFile"] = (file) =>
    this.#step((tally) => {
      this.#apply(tally, [{ file, event: "cancelled" }]);
      return tally.files[file] ? answer({ id: file }) : unknownFile(file);
    });

  admit: Callee["admit"] = () =>
    this.#step((tally) => sendingProblem(tally) ?? answer({ rev: tally.batch.rev }));

  admitPart: Callee["admitPart"] = (file, part) =>
    this.#step((tally) => {
      const isStored = this.#partsOf(file).has(part);
      return sendingProblem(tally) ?? answer({ isStored });
    });

  report: Callee["report"] = (reports) =>
    this.#step((tally) => {
      this.#apply(tally, reports);
      return answer({ rev: tally.batch.rev });
    });

  openMultipart: Callee["openMultipart"] = (file, multipart) =>
    this.#step((tally) => {
      const opened = { file, event: "multipartOpened", ...multipart } as const;
      this.#apply(tally, [{ file, event: "retried" }, opened]);
      return answer(tally.files[file]?.multipart?.id ?? null);
    });

  storePart: Callee["storePart"] = (file, part) =>
    this.#step((tally) => {
      if (!takesPart(tally.files[file], part.multipart)) return { ok: true };
      const { upload, bytes } = part;
      const isNew = !this.#partsOf(file).has(part.number);
      this.#parts.set(file, this.#partsOf(file).add(part.number));
      if (isNew) this.#apply(tally, [{ file, event: "partStored", upload, bytes }]);
      return { ok: true };
    });

  releaseAssembly: Callee["releaseAssembly"] = () => this.#step(() => answer(null));

  destroy: Callee["destroy"] = () => {
    if (!this.#tally) return unknownBatch();
    if (this.#tally.batch.removal !== "everything") this.#tally.remove("everything", Date.now());
    this.#commit(this.#tally);
    return answer({});
  };

  /** The alarm: what is silent has vanished, what is whole was lost, and what is over goes. */
  ring(): void {
    const tally = this.#tally;
    if (!tally) return;
    const now = Date.now();
    const { expiresAt, removal } = tally.batch;
    if (expiresAt <= now && removal === null) timeOut(tally, now);
    this.#apply(tally, reportsOfSilence(tally, now));
    for (const report of reportsOfR2(tally)) this.#apply(tally, [report]);
    if (expiresAt <= now && removal !== null) this.#forget();
  }

  #step(step: (tally: Tally) => Expected): Expected {
    if (this.#tally?.batch.removal !== null) return unknownBatch();
    return this.#tally.batch.expired ? expiredBatch() : step(this.#tally);
  }

  #change(change: (tally: Tally) => void): Expected {
    return this.#step((tally) => {
      const problem = changingProblem(tally);
      if (problem) return problem;
      change(tally);
      this.#commit(tally);
      return answer(resourceOf(tally));
    });
  }

  #apply(tally: Tally, reports: readonly Report[]): void {
    tally.apply(reports, Date.now());
    this.#commit(tally);
    for (const { file, event } of reports) {
      const mayEnd = event === "assembled" || event.startsWith("multipart");
      if (mayEnd && !tally.files[file]?.multipart) this.#parts.delete(file);
    }
  }

  #commit(tally: Tally): void {
    tally.commit(Date.now(), this.#lifetime);
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
  return batchResource({ id: BATCH_ID, metadata: {} }, tally);
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

function reportsOfR2(tally: Tally): Report[] {
  const lost = [...tally.files.entries()].flatMap(([file, record]): Report[] =>
    isWhole(record) ? [{ file, event: "multipartLost", id: record.multipart.id }] : [],
  );
  const closed = abandonedUploads(tally).map(({ file, id }): Report => ({
    file,
    event: "multipartClosed",
    id,
  }));
  return [...lost, ...closed];
}
