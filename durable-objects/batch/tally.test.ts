import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FILE_STATES,
  type FileState,
  fileError,
  fileWeight,
  isSettled,
  NEXT_STATES,
  ZERO_TOTALS,
  percentOf,
  PROGRESS,
  type Totals,
} from "../../protocol/index.ts";
import { type FileRecord, newFile, type FileEvent } from "./file.ts";
import { type ChangeSet, newBatchRecord, Tally } from "./tally.ts";

const FILES = 4;
const UPLOADS = ["first", "second"];

const LIFETIMES = { batchLifetimeMs: 1000, recordLifetimeMs: 2000 };

const file = fc.nat(FILES);
const upload = fc.constantFrom(...UPLOADS);
const multipart = fc.constantFrom("a", "b");
const receivedBytes = fc.nat(2000);

/** Any report, of files that exist and of one that does not. */
const anyReport: fc.Arbitrary<FileEvent> = fc.oneof(
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
  fc.record({ event: fc.constant("cancelled" as const), file }),
  fc.record({ event: fc.constant("retried" as const), file }),
);

/** One call: some reports, in any order and with any repetition; now and then the batch is sealed. */
const anyCall = fc.oneof(
  { weight: 9, arbitrary: fc.array(anyReport, { maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constant("seal" as const) },
);
const anyLife = fc.record({
  sizes: fc.array(fc.nat(1000), { minLength: FILES, maxLength: FILES }),
  calls: fc.array(anyCall, { maxLength: 40 }),
});

function tallyOf(sizes: readonly number[]): Tally {
  const tally = new Tally(newBatchRecord(0), []);
  tally.declare(sizes.map(newFile));
  tally.commit(0, LIFETIMES);
  return tally;
}

function call(tally: Tally, what: FileEvent[] | "seal", now: number): ChangeSet | null {
  if (what === "seal") tally.seal();
  else tally.apply(what, now);
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

/** Runs a batch's life, and looks at the tally after each call. */
function live(
  { sizes, calls }: { sizes: number[]; calls: (FileEvent[] | "seal")[] },
  look: (tally: Tally, before: readonly FileRecord[], changes: ChangeSet | null) => void,
): void {
  const tally = tallyOf(sizes);
  for (const [index, what] of calls.entries()) {
    const before = [...tally.files];
    look(tally, before, call(tally, what, index + 1));
  }
}

interface Stage {
  state: FileState;
  progress: number;
}

/** May a file that was at one stage be at the other next? */
function follows(before: Stage | undefined, after: Stage): boolean {
  if (!before) return false;
  if (before.state !== after.state) return NEXT_STATES[before.state].includes(after.state);
  return after.progress >= before.progress || after.progress < PROGRESS.stored;
}

describe("whatever is reported, in whatever order and however often", () => {
  it("totals equal the sum of the rows", () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        live(life, (tally) => expect(tally.totals).toEqual(countedTotals(tally.files)));
      }),
    );
  });

  it("percentComplete is what the rows weigh", () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        live(life, (tally) => {
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

  it("no file leaves a settled state but by a retry of a failure worth one", () => {
    fc.assert(
      fc.property(anyLife, ({ sizes, calls }) => {
        const withoutRetries = calls.map((what) =>
          what === "seal" ? what : what.filter((report) => report.event !== "retried"),
        );
        live({ sizes, calls: withoutRetries }, (tally, before) => {
          const settled = before.flatMap(({ state }, id) =>
            isSettled(state) ? [[id, state]] : [],
          );
          const now = settled.map(([id]) => [id, tally.files[Number(id)]?.state]);
          expect(now).toEqual(settled);
        });
      }),
    );
  });

  it("every row follows from the one before it as the contract says", () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        live(life, (_, before, changes) => {
          const last = new Map(before.map(({ state, progress }, id) => [id, { state, progress }]));
          for (const [id, state, progress] of changes?.rows ?? []) {
            expect(follows(last.get(id), { state, progress })).toBe(true);
            last.set(id, { state, progress });
          }
        });
      }),
    );
  });

  it("rev rises by one with every change, is carried by what changed, and else stays", () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        let rev = 1;
        live(life, (tally, before, changes) => {
          if (changes) rev += 1;
          expect(tally.batch.rev).toBe(rev);
          for (const [id, record] of tally.files.entries()) {
            const changed = record !== before[id];
            expect(changes?.files.has(id) ?? false).toBe(changed);
            expect(record.rev).toBe(changed ? rev : before[id]?.rev);
          }
        });
      }),
    );
  });

  it("repeating a call at once changes nothing, unless it makes a new attempt", () => {
    fc.assert(
      fc.property(anyLife, ({ sizes, calls }) => {
        const tally = tallyOf(sizes);
        for (const [index, what] of calls.entries()) {
          call(tally, what, index);
          // That a part is a new one is for the caller to know.
          const isPart = what !== "seal" && what[0]?.event === "partStored";
          const isSingle = !isPart && (what === "seal" || what.length === 1);
          expect(isSingle ? call(tally, what, index) : null).toBeNull();
        }
      }),
    );
  });

  it("a batch is complete exactly while it is sealed and all its files are settled", () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        let wasComplete = false;
        live(life, (tally, _, changes) => {
          const complete = tally.batch.sealed && tally.files.every((f) => isSettled(f.state));
          expect(tally.state).toBe(complete ? "completed" : "active");
          expect(tally.batch.completedAt !== null).toBe(complete);
          expect(changes?.completed ?? false).toBe(complete && !wasComplete);
          wasComplete = complete;
        });
      }),
    );
  });

  it("is the same tally after its records were stored and read again", () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        live(life, (tally) => {
          const again = new Tally(structuredClone(tally.batch), structuredClone(tally.files));
          expect(again.totals).toEqual(tally.totals);
          expect(again.percentComplete).toBe(tally.percentComplete);
          expect(again.state).toBe(tally.state);
        });
      }),
    );
  });
});
