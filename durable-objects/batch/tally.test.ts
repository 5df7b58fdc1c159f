import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FILE_STATES,
  type FileState,
  canBecome,
  fileError,
  fileWeight,
  isSettled,
  ZERO_TOTALS,
  percentOf,
  PROGRESS,
  type Totals,
} from "../../protocol/index.ts";
import {
  type FileEvent,
  type FileRecord,
  hasAllParts,
  isRetryableFailure,
  needsBytes,
  newFile,
} from "./file.ts";
import { type ChangeSet, newBatchRecord, Tally } from "./tally.ts";

const FILES = 4;
const UPLOADS = ["first", "second"];

const LIFETIMES = { batchLifetimeMs: 1000 };

const file = fc.nat(FILES);
const upload = fc.constantFrom(...UPLOADS);
const multipart = fc.constantFrom("a", "b");
const receivedBytes = fc.nat(2000);

/** Any event, of existing files and of one that does not exist. */
const anyEvent: fc.Arbitrary<FileEvent> = fc.oneof(
  fc.record({ event: fc.constant("started" as const), file, upload }),
  fc.record({ event: fc.constant("receiving" as const), file, upload, receivedBytes }),
  fc.record({ event: fc.constant("partStarted" as const), file, upload }),
  fc.record({ event: fc.constant("interrupted" as const), file, upload }),
  fc.record({ event: fc.constant("timedOut" as const), file }),
  fc.record({
    event: fc.constant("multipartOpened" as const),
    file,
    id: multipart,
    key: multipart,
  }),
  fc.record({ event: fc.constant("partStored" as const), file, upload, bytes: fc.nat(500) }),
  fc.record({ event: fc.constant("multipartLost" as const), file, id: multipart }),
  fc.record({ event: fc.constant("multipartGone" as const), file, id: multipart }),
  fc.record({ event: fc.constant("multipartAborted" as const), file, id: multipart }),
  fc.record({ event: fc.constant("multipartCompleted" as const), file, etag: multipart }),
  fc.record({ event: fc.constant("stored" as const), file, etag: fc.constantFrom("a", "b") }),
  fc.record({
    event: fc.constant("processing" as const),
    file,
    progress: fc.integer({ min: 75, max: 99 }),
  }),
  fc.record({ event: fc.constant("completed" as const), file, properties: fc.constant({}) }),
  fc.record({
    event: fc.constant("failed" as const),
    file,
    error: fc.constantFrom(fileError("storage_failed", "Again."), fileError("too_large", "No.")),
  }),
  fc.record({ event: fc.constant("cancelled" as const), file, deletes: fc.boolean() }),
  fc.record({ event: fc.constant("retried" as const), file }),
);

/** One call: events in any order and with repetitions, or seldom the sealing of the batch. */
const anyCall = fc.oneof(
  { weight: 9, arbitrary: fc.array(anyEvent, { maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constant("seal" as const) },
);
const anyHistory = fc.record({
  sizes: fc.array(fc.nat(1000), { minLength: FILES, maxLength: FILES }),
  calls: fc.array(anyCall, { maxLength: 40 }),
});

function tallyOf(sizes: readonly number[]): Tally {
  const tally = new Tally(newBatchRecord(0), []);
  tally.declare(sizes.map(newFile));
  tally.commit(0, LIFETIMES);
  return tally;
}

function call(tally: Tally, events: FileEvent[] | "seal", now: number): ChangeSet | null {
  if (events === "seal") tally.seal();
  else tally.apply(events, now);
  return tally.commit(now, LIFETIMES);
}

function countedTotals(files: readonly FileRecord[]): Totals {
  const count = (state: FileRecord["state"]) => files.filter((f) => f.state === state).length;
  const sum = (of: (f: FileRecord) => number) => files.reduce((total, f) => total + of(f), 0);
  const states = Object.fromEntries(FILE_STATES.map((state) => [state, count(state)]));
  return {
    ...ZERO_TOTALS,
    ...states,
    files: files.length,
    bytes: sum((f) => f.size),
    receivedBytes: sum((f) => f.receivedBytes),
  };
}

/** Makes all calls, and runs `check` after each of them. */
function replay(
  { sizes, calls }: { sizes: number[]; calls: (FileEvent[] | "seal")[] },
  check: (tally: Tally, before: readonly FileRecord[], changes: ChangeSet | null) => void,
): void {
  const tally = tallyOf(sizes);
  for (const [index, events] of calls.entries()) {
    const before = [...tally.files];
    check(tally, before, call(tally, events, index + 1));
  }
}

interface Stage {
  state: FileState;
  progress: number;
}

/** True if a file may change from one stage to the other. */
function follows(before: Stage | undefined, after: Stage): boolean {
  if (!before) return false;
  if (before.state !== after.state) return canBecome(before.state, after.state);
  return after.progress >= before.progress || after.progress < PROGRESS.stored;
}

/** True if a file that had failed is stored now: a retry may repair its failure. */
function isStoredLate(before: FileRecord, after: FileRecord | undefined): boolean {
  if (!isRetryableFailure(before) || !after) return false;
  // The parts become the object, if all of them are stored.
  return after.etag !== undefined || (needsBytes(after) && hasAllParts(after));
}

describe("after any events in any order", () => {
  it("totals equal the sum of the rows", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        replay(history, (tally) => expect(tally.totals).toEqual(countedTotals(tally.files)));
      }),
    );
  });

  it("percentComplete equals the sum of the weighted rows", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        replay(history, (tally) => {
          const done = (f: FileRecord) =>
            fileWeight(f.size) * (isSettled(f.state) ? 100 : f.progress);
          const whole = tally.files.reduce((sum, f) => sum + fileWeight(f.size), 0);
          const counted = percentOf(
            tally.files.reduce((sum, f) => sum + done(f), 0),
            whole * 100,
          );
          expect(tally.percentComplete).toBe(counted);
        });
      }),
    );
  });

  it("percentStored equals the share of the bytes of stored files, and is 100 only for all", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        replay(history, (tally) => {
          const wanted = tally.files.filter((f) => f.state !== "cancelled");
          const missing = wanted.filter((f) => f.etag === undefined);
          const bytes = (files: FileRecord[]) => files.reduce((sum, f) => sum + f.size, 0);
          const whole = bytes(wanted);
          const share = (100 * (whole - bytes(missing))) / whole;
          const wrong = whole === 0 ? 0 : Math.abs(tally.percentStored - share);
          expect(tally.percentStored === 100).toBe(wanted.length > 0 && missing.length === 0);
          expect(wrong).toBeLessThanOrEqual(0.0101);
        });
      }),
    );
  });

  it("a settled file changes its state only by a retry, a late success or its deletion", () => {
    fc.assert(
      fc.property(anyHistory, ({ sizes, calls }) => {
        const isKept = (event: FileEvent) =>
          event.event !== "retried" && !(event.event === "cancelled" && event.deletes);
        const others = calls.map((events) => (events === "seal" ? events : events.filter(isKept)));
        replay({ sizes, calls: others }, (tally, before) => {
          const settled = before.flatMap((record, id) =>
            isSettled(record.state) && !isStoredLate(record, tally.files[id])
              ? [[id, record.state]]
              : [],
          );
          const now = settled.map(([id]) => [id, tally.files[Number(id)]?.state]);
          expect(now).toEqual(settled);
        });
      }),
    );
  });

  it("every row is a stage that the protocol allows after the previous one", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        replay(history, (_, before, changes) => {
          const last = new Map(before.map(({ state, progress }, id) => [id, { state, progress }]));
          for (const [id, state, progress] of changes?.rows ?? []) {
            expect(follows(last.get(id), { state, progress })).toBe(true);
            last.set(id, { state, progress });
          }
        });
      }),
    );
  });

  it("each change raises rev, and a second time if it ends the batch, and files have the new rev", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let last = 1;
        replay(history, (tally, before, changes) => {
          const rev = last + 1;
          if (changes) last = tally.state === "completed" ? rev + 1 : rev;
          expect(tally.batch.rev).toBe(last);
          for (const [id, record] of tally.files.entries()) {
            const changed = record !== before[id];
            expect(changes?.files.has(id) ?? false).toBe(changed);
            expect(record.rev).toBe(changed ? rev : before[id]?.rev);
          }
        });
      }),
    );
  });

  it("a repeated event changes nothing", () => {
    fc.assert(
      fc.property(anyHistory, ({ sizes, calls }) => {
        const tally = tallyOf(sizes);
        for (const [index, events] of calls.entries()) {
          call(tally, events, index);
          // The caller makes sure that each part is reported once.
          const isPart = events !== "seal" && events[0]?.event === "partStored";
          const isSingle = !isPart && (events === "seal" || events.length === 1);
          expect(isSingle ? call(tally, events, index) : null).toBeNull();
        }
      }),
    );
  });

  it("a batch is complete if and only if it is sealed and all its files are settled", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let wasComplete = false;
        replay(history, (tally, _, changes) => {
          const complete = tally.batch.sealed && tally.files.every((f) => isSettled(f.state));
          expect(tally.state).toBe(complete ? "completed" : "active");
          expect(tally.batch.completedAt !== null).toBe(complete);
          expect(changes?.completed ?? false).toBe(complete && !wasComplete);
          wasComplete = complete;
        });
      }),
    );
  });

  it("a tally that is loaded from its records is the same, but sends no file", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        replay(history, (tally) => {
          const loaded = new Tally(tally.batch, structuredClone(tally.files));
          const again = new Tally(loaded.batch, loaded.files);
          const { completed, failed, cancelled, processing } = tally.totals;
          expect(loaded.totals).toMatchObject({ completed, failed, cancelled, processing });
          expect(loaded.totals).toEqual(countedTotals(loaded.files));
          expect(loaded.state).toBe(tally.state);
          expect(loaded.isUploading).toBe(false);
          expect(again.files).toEqual(loaded.files);
        });
      }),
    );
  });

  it("records that are written only after durable changes load as the same tally", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let stored: FileRecord[] | null = null;
        replay(history, (tally, before, changes) => {
          stored ??= [...before];
          for (const id of changes?.durable ?? []) stored[id] = tally.files[id] ?? newFile(0);
          const known = (record: FileRecord) => Object.assign({}, record, { rev: 0, attempts: 0 });
          const [fromStored, fromMemory] = [stored, tally.files].map((files) =>
            new Tally(tally.batch, files).files.map(known),
          );
          expect(fromStored).toEqual(fromMemory);
        });
      }),
    );
  });
});
