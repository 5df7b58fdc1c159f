import * as fc from "fast-check";
import { DAY_MS, fileError, LIMITS, MINUTE_MS } from "../../../protocol/index.ts";
import type { FileDeclaration } from "../../../protocol/schemas.ts";
import type { Batch } from "../batch.ts";
import type { FileEvent } from "../file.ts";
import type { ChangingMethod } from "../rpc.ts";

/** A target of calls that change a batch: the Batch, or its model. */
export type Callee = { [M in ChangingMethod]: (...args: Parameters<Batch[M]>) => unknown };

/** One call, which can be made any number of times. */
export interface Call {
  kind: "call";
  /** True if a second call right after the first never changes anything. */
  isRepeatable: boolean;
  on: (callee: Callee) => unknown;
}

/** One step of a test. */
export type Step =
  | Call
  /** Repeats the call that was made `back` calls ago. */
  | { kind: "repeat"; back: number }
  /** Lets a few seconds pass. */
  | { kind: "quiet" }
  /** Polls for the changes since the last poll. */
  | { kind: "poll" }
  /** Evicts the object from memory. */
  | { kind: "evict" }
  /** Advances the clock by `after` ms and runs the alarm. */
  | { kind: "alarm"; after: number };

export const BATCH_ID = "batch";
/** Bytes of a file in two parts. */
const LARGE = LIMITS.partBytes + 5;

const file = fc.nat(4);
const large = fc.nat(1);
const upload = fc.constantFrom("first", "second");
const id = fc.constantFrom("a", "b");
const part = fc.constantFrom(1, 2);
const doubtful = fc.record({
  multipartId: id,
  doubt: fc.constant("noSuchUpload" as const),
});
const files = fc
  .array(fc.constantFrom(0, 7, LIMITS.fileBytes + 1), { maxLength: 3 })
  .map((sizes) => sizes.map((size): FileDeclaration => ({ name: `${size}-bytes`, size })));

/** Events that the Worker reports with `applyEvents`; other calls cause the rest. */
const event: fc.Arbitrary<FileEvent> = fc.oneof(
  fc.record({ event: fc.constant("started" as const), file, upload }),
  fc.record({ event: fc.constant("partStarted" as const), file, upload }),
  fc.record({
    event: fc.constant("receiving" as const),
    file,
    upload,
    receivedBytes: fc.nat(LARGE),
  }),
  fc.record({ event: fc.constant("interrupted" as const), file, upload }),
  fc.record({ event: fc.constant("multipartGone" as const), file, id }),
  fc.record({ event: fc.constant("multipartLost" as const), file, id }),
  fc.record({ event: fc.constant("multipartCompleted" as const), file, etag: id }),
  fc.record({
    event: fc.constant("multipartCompleted" as const),
    file,
    etag: id,
    id,
    key: fc.constant("key"),
    size: fc.constantFrom(7, LARGE),
    isOpen: fc.boolean(),
  }),
  fc.record({ event: fc.constant("stored" as const), file, etag: id, sha256: id }),
  fc.record({
    event: fc.constant("processing" as const),
    file,
    progress: fc.integer({ min: 75, max: 99 }),
  }),
  fc.record({
    event: fc.constant("completed" as const),
    file,
    properties: fc.constant({ width: 3 }),
  }),
  fc.record({
    event: fc.constant("failed" as const),
    file,
    error: fc.constantFrom(fileError("storage_failed", "Again."), fileError("too_large", "No.")),
  }),
  fc.record({ event: fc.constant("retried" as const), file }),
);

/** Calls of one method with random arguments. */
function calls<A>(
  method: ChangingMethod,
  args: fc.Arbitrary<A>,
  make: (callee: Callee, args: A) => unknown,
  isRepeatable: (args: A) => boolean = () => true,
): fc.Arbitrary<Call> {
  return args.map((chosen) => ({
    kind: "call",
    [fc.toStringMethod]: () => `${method} ${fc.stringify(chosen)}`,
    isRepeatable: isRepeatable(chosen),
    on: (callee) => make(callee, chosen),
  }));
}

/** Creates a batch whose first two files are sent in parts. */
const creation = calls("create", fc.boolean(), (callee, sealed) =>
  callee.create({
    id: BATCH_ID,
    metadata: {},
    files: [1, 2].map((count) => ({ name: `large-${count}`, size: LARGE })),
    sealed,
  }),
);

const anyCall: fc.Arbitrary<Call> = fc.oneof(
  creation,
  calls("declare", fc.record({ key: id, files, firstFile: fc.option(file) }), (callee, declared) =>
    callee.declare(declared),
  ),
  calls("seal", fc.constant(null), (callee) => callee.seal()),
  calls("setPaused", fc.boolean(), (callee, paused) => callee.setPaused(paused)),
  calls(
    "renewTokens",
    fc.subarray(["write", "read"] as const),
    (callee, revoke) => callee.renewTokens({ owner: null, revoke }),
    (revoke) => revoke.length === 0,
  ),
  calls(
    "setBlock",
    fc.record({ isBlocked: fc.boolean(), order: fc.integer({ min: 1, max: 20 }) }),
    (callee, block) => callee.setBlock(block),
  ),
  calls("retry", fc.option(fc.array(file)), (callee, ids) => callee.retry(ids)),
  calls("change", fc.boolean(), (callee, isSealed) =>
    callee.change({ metadata: { absent: null }, ...(isSealed && { sealed: true }) }),
  ),
  calls("cancelFile", file, (callee, which) => callee.cancelFile(which)),
  calls(
    "cancelFiles",
    fc.oneof(fc.constant("unfinished" as const), fc.array(file)),
    (callee, which) => callee.cancelFiles(which),
  ),
  calls("admit", fc.tuple(file, file), (callee, args) => callee.admit(...args)),
  calls("admitPart", fc.tuple(large, part), (callee, args) => callee.admitPart(...args)),
  calls(
    "releaseCompletion",
    fc.tuple(large, fc.option(doubtful), fc.option(upload)),
    (callee, args) => callee.releaseCompletion(...args),
    // A request that gets the completion again starts its claim anew, which is a change.
    ([, , by]) => by === null,
  ),
);

const anyEvents = calls(
  "applyEvents",
  fc.array(event, { maxLength: 6 }),
  (callee, events) => callee.applyEvents(events),
  // Several events may return a file to the state before them.
  (events) => events.length === 1,
);

/** Calls of uploads in parts. They are frequent, because a file needs several of them. */
const anyPartCall = fc.oneof(
  calls("registerMultipart", fc.tuple(large, id), (callee, [which, name]) =>
    callee.registerMultipart(which, { id: name, key: `${BATCH_ID}/${which}/large` }),
  ),
  calls("recordPart", fc.tuple(large, part, id, upload), (callee, [which, number, name, by]) =>
    callee.recordPart(which, {
      number,
      multipartId: name,
      etag: `etag-${number}`,
      sha256: "sha256",
      bytes: number === 1 ? LIMITS.partBytes : 5,
      upload: by,
    }),
  ),
);

const anyEnd = fc.oneof(
  calls("cancel", fc.constant(null), (callee) => callee.cancel()),
  calls("repeatWebhook", fc.constant(null), (callee) => callee.repeatWebhook()),
  calls("delete", fc.constant(null), (callee) => callee.delete()),
);

const soon = fc.constant(2 * MINUTE_MS);
const late = fc.constantFrom(8 * DAY_MS, 31 * DAY_MS);
const after = fc.oneof({ weight: 3, arbitrary: soon }, { weight: 1, arbitrary: late });

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: anyCall },
  { weight: 8, arbitrary: anyEvents },
  { weight: 8, arbitrary: anyPartCall },
  { weight: 1, arbitrary: anyEnd },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("repeat" as const), back: fc.nat(12) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("evict" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("poll" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("quiet" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("alarm" as const), after }) },
);

/** The creation of a batch, and steps after it. */
export const anySteps: fc.Arbitrary<Step[]> = fc
  .tuple(creation, fc.array(anyStep, { minLength: 10, maxLength: 50 }))
  .map(([first, rest]) => rest.toSpliced(0, 0, first));
