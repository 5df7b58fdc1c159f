import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { plainBucket } from "../../storage/testing/strict-bucket.ts";
import { DAY_MS, LIMITS, MINUTE_MS } from "../../protocol/index.ts";
import { sheetKey, sheetOf } from "../../storage/keys.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import type { Batch } from "./batch.ts";
import { advanceTimers } from "./testing/advance-timers.ts";
import beforeRevocations from "./testing/golden/format-1-2026-11-29.json";
import withRevocations from "./testing/golden/format-1-2026-11-30.json";
import withDeletedFile from "./testing/golden/format-1-2026-11-30-2.json";
import withOrigin from "./testing/golden/format-1-2026-11-30-3.json";
import withCrc32s from "./testing/golden/format-1-2026-11-30-4.json";
import withWebhook from "./testing/golden/format-1-2026-11-30-5.json";
import withKeepDays from "./testing/golden/format-1-2026-11-30-6.json";
import withSheets from "./testing/golden/format-1-2026-11-30-7.json";
import {
  folderOf,
  type GoldenBatch,
  recordsOf,
  type Rows,
  storedRows,
  viewsOf,
  writeRows,
} from "./testing/golden-batch.ts";
import { alarmTime, runAlarms } from "./testing/run-alarms.ts";
import { STORED_FIELDS } from "./restart.ts";

/** A field of a later version. */
const UNKNOWN = { unknown: "kept" };

let stub: ReturnType<typeof env.BATCH.getByName>;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Runs in the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

/** Every golden batch that was ever made: `node test/golden-batch/make.ts` makes the next one. */
const GOLDEN_BATCHES: [name: string, golden: GoldenBatch][] = [
  // JSON has no type that a batch's storage could be checked with.
  ["format-1-2026-11-29", JSON.parse(JSON.stringify(beforeRevocations))],
  ["format-1-2026-11-30", JSON.parse(JSON.stringify(withRevocations))],
  ["format-1-2026-11-30-2", JSON.parse(JSON.stringify(withDeletedFile))],
  ["format-1-2026-11-30-3", JSON.parse(JSON.stringify(withOrigin))],
  ["format-1-2026-11-30-4", JSON.parse(JSON.stringify(withCrc32s))],
  ["format-1-2026-11-30-5", JSON.parse(JSON.stringify(withWebhook))],
  ["format-1-2026-11-30-6", JSON.parse(JSON.stringify(withKeepDays))],
  ["format-1-2026-11-30-7", JSON.parse(JSON.stringify(withSheets))],
];

/** Loads the rows of a golden batch into a new object, with an object in R2 for every file and sheet. */
async function load({ now, alarm }: GoldenBatch, rows: Rows): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now });
  stub = env.BATCH.getByName(crypto.randomUUID());
  await writeRows(stub, rows);
  if (alarm !== null) await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(alarm));
  await evict();
  const folder = folderOf(rows);
  await deleteObjects(folder);
  const keys = recordsOf(rows).map(({ key }, id) => key ?? `${folder}${id}/name`);
  const sheets = Object.keys(rows.config?.sheets ?? {}).map((sheet) =>
    sheetKey(folder, Number(sheet)),
  );
  await Promise.all([...keys, ...sheets].map((key) => plainBucket(env.BUCKET).put(key, "bytes")));
}

async function deleteObjects(folder: string): Promise<void> {
  const { objects } = await env.BUCKET.list({ prefix: folder });
  await env.BUCKET.delete(objects.map(({ key }) => key));
}

/** R2 has none of the batch's multipart uploads, until all mocks are restored. */
function forgetMultipartUploads(): void {
  const gone = (call: string) => () => Promise.reject(r2Error(call, "noSuchUpload"));
  vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementation((key, uploadId) => ({
    key,
    uploadId,
    uploadPart: gone("uploadPart"),
    complete: gone("completeMultipartUpload"),
    abort: gone("abortMultipartUpload"),
  }));
}

/** Evicts the object, and ends its timers, which an eviction in tests waits for. */
async function evict(): Promise<void> {
  vi.clearAllTimers();
  await evictDurableObject(stub);
}

/** Returns the keys of the batch's objects in R2. */
async function storedKeys({ rows }: GoldenBatch): Promise<string[]> {
  const { objects } = await env.BUCKET.list({ prefix: folderOf(rows) });
  return objects.map(({ key }) => key);
}

/** Returns the ids of the files that have an object in R2. */
async function storedFiles(golden: GoldenBatch): Promise<number[]> {
  const folder = folderOf(golden.rows);
  const keys = (await storedKeys(golden)).filter((key) => Number.isNaN(sheetOf(folder, key)));
  const ids = keys.map((key) => Number(key.slice(folder.length).split("/")[0]));
  return ids.toSorted((a, b) => a - b);
}

async function expectNothingLeft(golden: GoldenBatch): Promise<void> {
  // The id of a batch that was created by a call with a key is not used again.
  const isKeyed = golden.rows["creation"] !== undefined;
  expect(await storedRows(stub)).toEqual(isKeyed ? { deleted: true } : {});
  expect(await storedKeys(golden)).toEqual([]);
  expect(await alarmTime(stub)).toBeNull();
}

/** Reports every file as stored by one request, with the digest that was declared. */
function storeEveryFile(batch: Batch, { views }: GoldenBatch): void {
  const files = [...views.singleFiles.keys()];
  const sha256 = "0".repeat(64);
  batch.applyEvents(files.map((file) => ({ file, event: "retried" })));
  batch.applyEvents(files.map((file) => ({ file, event: "stored", etag: "etag", sha256 })));
}

/** Records the first part of a file that is sent in parts with other bytes, and its last part. */
function repeatPart(batch: Batch, file: number): void {
  const multipartId = `multipart-${file}`;
  const part = { etag: "other", sha256: "0".repeat(64), upload: "repeat", multipartId };
  batch.recordPart(file, { ...part, number: 1, bytes: LIMITS.partBytes });
  batch.recordPart(file, { ...part, number: 2, bytes: 5 });
}

/** Returns the same with a field of a later version in each object. */
function withUnknown(rows: Rows): Rows {
  const text = JSON.stringify(rows, (_, value: unknown) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && value !== rows ? { ...value, ...UNKNOWN } : value;
  });
  const parsed: Rows = JSON.parse(text);
  return parsed;
}

test("the golden batches have every stored field of a file", () => {
  const records = GOLDEN_BATCHES.flatMap(([, { rows }]) => recordsOf(rows));
  const fields = new Set(records.flatMap((record) => Object.keys(record)));
  expect(STORED_FIELDS.filter((field) => !fields.has(field))).toEqual([]);
});

test("a golden batch has the announcement of an end", () => {
  const announced = GOLDEN_BATCHES.filter(
    ([, { rows }]) => rows["endEvent"] && rows.batch?.webhook,
  );
  expect(announced.map(([name]) => name)).toContain("format-1-2026-11-30-5");
});

test("a golden batch has a contact sheet, and its uploader is gone", () => {
  const gone = GOLDEN_BATCHES.filter(
    ([, { rows }]) => rows.config?.sheets && rows.batch?.uploaderGone,
  );
  expect(gone.map(([name]) => name)).toContain("format-1-2026-11-30-7");
});

test("a golden batch with keepDays is deleted so many days after it expired", async () => {
  const kept = GOLDEN_BATCHES.filter(([, { rows }]) => rows.config?.keepDays !== undefined);
  expect(kept.map(([name]) => name)).toEqual(["format-1-2026-11-30-6", "format-1-2026-11-30-7"]);
  forgetMultipartUploads();
  for (const [, golden] of kept) {
    await load(golden, golden.rows);
    await runAlarms(stub, 110 * DAY_MS);
    await expectNothingLeft(golden);
  }
});

describe.each(GOLDEN_BATCHES)("the golden batch %s", (_, golden) => {
  beforeEach(forgetMultipartUploads);

  test("is shown as the code that stored it showed it", async () => {
    await load(golden, golden.rows);
    expect(await within(viewsOf)).toMatchObject(golden.views);
  });

  test("can be continued, completed and deleted", async () => {
    await load(golden, golden.rows);
    await within((batch) => {
      batch.setPaused(false);
      batch.seal();
    });
    // Files whose multipart upload R2 has lost start over.
    for (const _round of [1, 2]) {
      await within((batch) => storeEveryFile(batch, golden));
      await runAlarms(stub, DAY_MS);
    }
    const result = await within((batch) => batch.status());
    expect(result).toMatchObject({ value: { state: "completed", totals: { failed: 1 } } });
    await within((batch) => batch.delete());
    await runAlarms(stub, DAY_MS);
    await expectNothingLeft(golden);
  });

  test("expires with its completed files, and is deleted with them", async () => {
    await load(golden, golden.rows);
    await runAlarms(stub, 30 * DAY_MS);
    expect(await within((batch) => batch.status())).toMatchObject({ code: "batch_expired" });
    const records = recordsOf(await storedRows(stub));
    const completed = [...records.keys()].filter((id) => records[id]?.state === "completed");
    expect(completed.length).toBeGreaterThan(1);
    expect(await storedFiles(golden)).toEqual(completed);
    await within((batch) => batch.delete());
    await runAlarms(stub, DAY_MS);
    await expectNothingLeft(golden);
  });

  test("keeps fields of a later version when its rows are written again", async () => {
    const rows = withUnknown(golden.rows);
    await load(golden, rows);
    const id = recordsOf(rows).findIndex(({ orphans }) => orphans);
    await within((batch) => repeatPart(batch, id));
    const { multipart, orphans } = recordsOf(await storedRows(stub))[id] ?? {};
    expect([multipart, orphans?.[0]]).toMatchObject([UNKNOWN, UNKNOWN]);
    await within((batch) => {
      batch.setPaused(false);
      storeEveryFile(batch, golden);
    });
    await runAlarms(stub, 5 * MINUTE_MS);
    await within(() => advanceTimers(5000));
    const written = await storedRows(stub);
    expect(written.batch).not.toEqual(rows.batch);
    expect(written.batch).toMatchObject(UNKNOWN);
    expect(written.config).toMatchObject(UNKNOWN);
    expect(written.cleanup ?? UNKNOWN).toMatchObject(UNKNOWN);
    for (const record of recordsOf(written)) expect(record).toMatchObject(UNKNOWN);
  });
});
