import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { fileError, LIMITS, MINUTE_MS, PROGRESS } from "../../../protocol/index.ts";
import { r2Error } from "../../../storage/testing/r2-errors.ts";
import type { Batch } from "../batch.ts";
import { completionEvents } from "../completion.ts";
import type { FileEvent } from "../file.ts";
import { advanceTimers } from "./advance-timers.ts";
import { type GoldenBatch, storedRows, viewsOf } from "./golden-batch.ts";
import { alarmTime } from "./run-alarms.ts";

/** A fake clock in a hundred years, so that no alarm is due by the real one while a test runs. */
const NOW = Date.UTC(2126, 0, 1, 12);
const ID = "0123456789abcdef0123456789abcdef";
/** Far from now, so that the owner outlives every test. */
const ENDS_AT = Date.UTC(2200, 0);
const FOLDER = `customers/42/${ID}/`;
/** Two parts, the last one short. */
const LARGE = LIMITS.partBytes + 5;
const DIGEST = "5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592";
const CRC32 = 0x36_10_a6_86;

/** The announcement of an end before the batch was active again. */
const WEBHOOK = {
  rev: 5,
  state: "failed",
  attempts: 7,
  lastStatus: 500,
  nextAt: null,
  repeatedAt: NOW,
} as const;
const END_EVENT = {
  timestamp: new Date(NOW).toISOString(),
  summary: {
    files: 1,
    completed: 0,
    failed: 1,
    cancelled: 0,
    bytes: 0,
    startedAt: new Date(NOW).toISOString(),
    completedAt: new Date(NOW).toISOString(),
    durationMs: 0,
    failures: [[7, "failed, retryable.txt", "processing_failed"]],
  },
  metadata: { name: "Golden batch" },
};

/** Failures of the cleanup. Those of the orphan are forgotten, as there is new work. */
const FAILURES = { since: NOW, delayMs: MINUTE_MS, retryAt: NOW + MINUTE_MS };

const stub = env.BATCH.getByName("golden");

/** Runs in the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

const keyOf = (file: number, name: string) => `${FOLDER}${file}/${name}`;

const whole = (name: string, size = 10) => ({ name, size, type: "text/plain" });

const inParts = (name: string, size = LARGE) => ({ name, size, type: "video/mp4" });

/** The files by their ids, each in a state of its own. */
const FILES = [
  { ...whole("done.png"), type: "image/png", path: "trip/done.png", sha256: DIGEST },
  inParts("done in parts.mp4"),
  { ...whole("untouched.txt"), lastModified: 1_760_000_000_123 },
  inParts("one part.mp4"),
  inParts("claimed.mp4"),
  inParts("doubtful.mp4"),
  inParts("with an orphan.mp4"),
  whole("failed, retryable.txt"),
  whole("failed, final.txt", 30_000_001),
  whole("cancelled.txt"),
  whole("uploading.txt", 1000),
  whole("processing.txt"),
  { ...inParts("to be checked.mp4"), sha256: DIGEST },
  { ...inParts("refused.mp4"), sha256: DIGEST },
  whole("deleted.txt"),
];

const nameOf = (file: number) => FILES[file]?.name ?? "";

const multipartOf = (file: number) => ({ id: `multipart-${file}`, key: keyOf(file, nameOf(file)) });

/** Opens a multipart upload of a file and records parts of it. */
function sendParts(batch: Batch, file: number, ...parts: number[]): void {
  const multipart = multipartOf(file);
  batch.registerMultipart(file, multipart);
  for (const [index, number] of parts.entries()) {
    batch.admitPart(file, number);
    batch.recordPart(file, {
      number,
      multipartId: multipart.id,
      etag: `etag-${number}-${index}`,
      sha256: DIGEST,
      crc32: CRC32,
      bytes: number === 1 ? LIMITS.partBytes : 5,
      upload: `request-${file}-${number}`,
    });
  }
}

function declareFiles(batch: Batch): void {
  batch.create({
    id: ID,
    metadata: { name: "Golden batch", tags: ["a", { nested: null }] },
    files: FILES,
    sealed: false,
    location: "weur",
    owner: { key: "owner-golden", name: "golden", endsAt: ENDS_AT, isNotified: true },
    origin: "https://golden.example",
    keepDays: 100,
    call: { by: "request", digest: DIGEST },
    grantLimits: {
      maxFiles: 500,
      maxBytes: 1_000_000_000,
      maxFileBytes: 30_000_000,
      types: ["image/*", "text/plain", "video/mp4"],
      prefix: "customers/42/",
    },
  });
  // Rows of the manifest, and a second row of records.
  for (const key of ["first-call", "second-call"]) {
    const files = Array.from({ length: 30 }, (_, index) => whole(`${key}-${index}.txt`));
    batch.declare({ key, digest: DIGEST, files });
  }
}

const refuse = () => Promise.reject(r2Error("abort", "locked"));

/** Leaves an orphaned multipart upload, which the cleanup cannot abort. */
async function leaveOrphan(): Promise<void> {
  await within((batch) => {
    sendParts(batch, 6, 1);
    batch.registerMultipart(6, { ...multipartOf(6), id: "orphan-6" });
  });
  const log = vi.spyOn(console, "error").mockReturnValue();
  const resume = vi.spyOn(env.BUCKET, "resumeMultipartUpload");
  resume.mockImplementation((key, uploadId) => {
    return { key, uploadId, abort: refuse, uploadPart: refuse, complete: refuse };
  });
  await runDurableObjectAlarm(stub);
  expect(log).toHaveBeenCalledOnce();
  vi.restoreAllMocks();
}

/** Returns the events of a file whose parts have become its object. */
function completedParts(file: number): Promise<FileEvent[]> {
  const digests = { digests: [DIGEST, DIGEST], crc32s: [CRC32, CRC32] };
  const completion = { file, size: LARGE, multipart: multipartOf(file), ...digests };
  const object = { etag: "etag-of-parts-2", isFound: false, isOpen: false };
  return completionEvents(env.BUCKET, completion, object);
}

async function reachEveryState(): Promise<void> {
  const completed = await Promise.all([1, 12, 13].map(completedParts));
  await within((batch) => {
    storeWholeFiles(batch);
    for (const file of [1, 12, 13]) sendParts(batch, file, 1, 2);
    batch.applyEvents(completed.flat());
    const object = { etag: "etag-of-parts-2", sha256: "0".repeat(64) };
    const error = fileError("checksum_mismatch", "Again.");
    batch.applyEvents([
      { file: 13, event: "objectRefused", etag: "etag-of-parts-2", object, error },
    ]);
    sendParts(batch, 3, 2);
    sendParts(batch, 4, 1, 2);
    sendParts(batch, 5, 1, 2, 1);
    batch.releaseCompletion(5, { multipartId: "multipart-5", doubt: "invalidPart" });
    batch.cancelFile(14);
    batch.admitSheet(0, "request-of-sheet-0", {});
    batch.recordSheet(0, "request-of-sheet-0", "etag-of-sheet-0");
    batch.change({ metadata: { tags: null, name: "Golden batch, renamed" } });
    batch.setPaused(true);
    batch.renewTokens({ owner: null, revoke: ["read"] });
    // Rows that are written later.
    advanceTimers(5000);
  });
}

function storeWholeFiles(batch: Batch): void {
  const stored = { event: "stored", etag: "etag", sha256: DIGEST, crc32: CRC32 } as const;
  const properties = { type: "image/png", width: 3, height: 2 };
  batch.applyEvents([
    { file: 0, event: "started", upload: "request-0" },
    { file: 0, ...stored, key: keyOf(0, nameOf(0)) },
    { file: 0, event: "processing", progress: PROGRESS.processing },
    { file: 0, event: "completed", properties },
    { file: 7, event: "failed", error: fileError("processing_failed", "Again.") },
    { file: 9, event: "cancelled" },
    { file: 10, event: "started", upload: "request-10" },
    { file: 10, event: "receiving", upload: "request-10", receivedBytes: 400 },
    { file: 11, ...stored, key: keyOf(11, nameOf(11)) },
    { file: 11, event: "processing", progress: PROGRESS.processing },
    { file: 14, ...stored, key: keyOf(14, nameOf(14)) },
    { file: 14, event: "processing", progress: PROGRESS.processing },
    { file: 14, event: "completed", properties: {} },
  ]);
}

test("makes a golden batch", async ({ task }) => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: NOW });
  await within(declareFiles);
  await leaveOrphan();
  await reachEveryState();
  const rows = await storedRows(stub);
  const cleanup = { ...rows.cleanup, failures: FAILURES };
  // A new object takes back that a file is uploading, so the uploader is gone from then on.
  const batch = rows.batch && { batch: { ...rows.batch, webhook: WEBHOOK, uploaderGone: NOW } };
  const added = { cleanup, endEvent: END_EVENT, ...batch };
  await runInDurableObject(stub, (_, { storage }) => {
    for (const [key, value] of Object.entries(added)) storage.kv.put(key, value);
  });
  const stored = { now: Date.now(), alarm: await alarmTime(stub), rows: { ...rows, ...added } };
  vi.clearAllTimers();
  await evictDurableObject(stub);
  const golden: GoldenBatch = { ...stored, views: await within(viewsOf) };
  expect(JSON.parse(JSON.stringify(golden))).toEqual(golden);
  Object.assign(task.meta, { golden });
});
