import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FILE_STATES,
  fileError,
  fileWeight,
  isSettled,
  NEXT_STATES,
  percentOf,
  type Totals,
} from "../../protocol/index.ts";
import { type FileRecord, newFile, type Report } from "./file-record.ts";
import { type BatchRecord, type ChangeSet, Tally } from "./tally.ts";

const FILES = 4;
const UPLOADS = ["first", "second"];

const batchRecord = (): BatchRecord => ({
  rev: 0,
  sealed: false,
  paused: false,
  cancelled: false,
  createdAt: 0,
  updatedAt: 0,
  completedAt: null,
  expiresAt: 1,
});

const file = fc.nat(FILES);
const upload = fc.constantFrom(...UPLOADS);
const receivedBytes = fc.nat(2000);

/** Any report, of files that exist and of one that does not. */
const anyReport: fc.Arbitrary<Report> = fc.oneof(
  fc.record({ event: fc.constant("started" as const), file, upload }),
  fc.record({ event: fc.constant("receiving" as const), file, upload, receivedBytes }),
  fc.record({ event: fc.constant("interrupted" as const), file, upload }),
  fc.record({ event: fc.constant("stored" as const), file, etag: fc.constantFrom("a", "b") }),
  fc.record({
    event: fc.constant("processing" as const),
    file,
    progress: fc.integer({ min: 75, max: 99 }),
  }),
  fc.record({ event: fc.constant("completed" as const), file, findings: fc.constant({}) }),
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
  const tally = new Tally(batchRecord(), []);
  tally.declare(sizes.map(newFile));
  tally.commit(0);
  return tally;
}

function call(tally: Tally, what: Report[] | "seal", now: number): ChangeSet | null {
  if (what === "seal") tally.seal();
  else tally.apply(what, now);
  return tally.commit(now);
}

function countedTotals(files: readonly FileRecord[]): Totals {
  const count = (state: FileRecord["state"]) => files.filter((f) => f.state === state).length;
  const sum = (of: (f: FileRecord) => number) => files.reduce((total, f) => total + of(f), 0);
  const states = Object.fromEntries(FILE_STATES.map((state) => [state, count(state)]));
  return {
    queued: 0,
    uploading: 0,
    processing: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    ...states,
    files: files.length,
    bytes: sum((f) => f.size),
    receivedBytes: sum((f) => f.receivedBytes),
  };
}

/** Runs a batch's life, and looks at the tally after each call. */
function live(
  { sizes, calls }: { sizes: number[]; calls: (Report[] | "seal")[] },
  look: (tally: Tally, before: readonly FileRecord[], changes: ChangeSet | null) => void,
): void {
  const tally = tallyOf(sizes);
  for (const [index, what] of calls.entries()) {
    const before = [...tally.files];
    look(tally, before, call(tally, what, index + 1));
  }
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
          for (const [id, { state }] of before.entries()) {
            if (isSettled(state)) expect(tally.files[id]?.state).toBe(state);
          }
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
            const previous = last.get(id);
            if (previous && previous.state !== state) {
              expect(NEXT_STATES[previous.state]).toContain(state);
            } else if (previous) {
              expect([previous.state, progress >= previous.progress || progress < 50]).toEqual([
                state,
                true,
              ]);
            }
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
            if (changed) expect(record.rev).toBe(rev);
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
          const single = what === "seal" || what.length === 1;
          if (single) expect(call(tally, what, index)).toBeNull();
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

describe("one file's way", () => {
  const steps: Report[] = [
    { event: "started", file: 0, upload: "first" },
    { event: "receiving", file: 0, upload: "first", receivedBytes: 500 },
    { event: "receiving", file: 0, upload: "first", receivedBytes: 1000 },
    { event: "stored", file: 0, etag: "a", sha256: "b" },
    { event: "processing", file: 0, progress: 75 },
    { event: "completed", file: 0, findings: { type: "image/png", width: 1, height: 2 } },
  ];

  it("shows every stage, in one call as in many", () => {
    const tally = tallyOf([1000]);
    expect(call(tally, steps, 1)?.rows).toEqual([
      [0, "uploading", 0, 0, null],
      [0, "uploading", 25, 500, null],
      [0, "uploading", 49, 1000, null],
      [0, "uploading", 50, 1000, null],
      [0, "processing", 75, 1000, null],
      [0, "completed", 100, 1000, null],
    ]);
    expect(tally.files[0]).toMatchObject({ attempts: 1, etag: "a", sha256: "b", width: 1 });
  });

  it("goes back to queued when its upload breaks off, and counts the attempts", () => {
    const tally = tallyOf([1000]);
    call(tally, steps.slice(0, 2), 1);
    call(tally, [{ event: "interrupted", file: 0, upload: "first" }], 2);
    expect(tally.files[0]).toMatchObject({ state: "queued", receivedBytes: 0, attempts: 1 });
    call(tally, [{ event: "started", file: 0, upload: "second" }], 3);
    expect(tally.files[0]).toMatchObject({ state: "uploading", attempts: 2 });
  });

  it("listens to the newest request only", () => {
    const tally = tallyOf([1000]);
    call(tally, steps.slice(0, 2), 1);
    call(tally, [{ event: "started", file: 0, upload: "second" }], 2);
    expect(call(tally, [{ event: "interrupted", file: 0, upload: "first" }], 3)).toBeNull();
    const late = { event: "receiving", file: 0, upload: "first", receivedBytes: 900 } as const;
    expect(call(tally, [late], 4)).toBeNull();
  });

  it("counts as stored though the request that stored it was given up meanwhile", () => {
    const tally = tallyOf([1000]);
    call(tally, [...steps.slice(0, 2), { event: "interrupted", file: 0, upload: "first" }], 1);
    call(tally, [{ event: "stored", file: 0, etag: "a" }], 2);
    expect(tally.files[0]).toMatchObject({ state: "uploading", progress: 50, receivedBytes: 1000 });
  });

  it("makes a completed batch active again when it is retried, and complete once more", () => {
    const tally = tallyOf([1000]);
    const failed = {
      event: "failed",
      file: 0,
      error: fileError("storage_failed", "Again."),
    } as const;
    call(tally, "seal", 1);
    expect(call(tally, [failed], 2)?.completed).toBe(true);
    expect(call(tally, [{ event: "retried", file: 0 }], 3)?.completed).toBe(false);
    expect(tally.state).toBe("active");
    expect(call(tally, steps, 4)?.completed).toBe(true);
  });
});
