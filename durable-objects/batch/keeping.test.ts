import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DAY_MS, MINUTE_MS } from "../../protocol/index.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { plainBucket } from "../../storage/testing/strict-bucket.ts";
import type { Batch } from "./batch.ts";

const UNKNOWN = { ok: false, code: "batch_not_found", detail: expect.any(String) };
const FAILED = { code: "storage_failed", detail: "Again.", retryable: true } as const;

let id: string;
let stub: ReturnType<typeof env.BATCH.getByName>;

beforeEach(() => {
  id = crypto.randomUUID();
  stub = env.BATCH.getByName(id);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-12-01T12:00:00Z") });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Runs in the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

/** Creates a batch of two files with objects in R2. The first is completed, the second has failed. */
async function create(keepDays?: number): Promise<void> {
  const files = ["done", "failed"].map((name) => ({ name, size: 5 }));
  const days = keepDays === undefined ? {} : { keepDays };
  await within((batch) => {
    batch.create({ id, metadata: {}, files, sealed: true, ...days });
    batch.applyEvents([
      { file: 0, event: "started", upload: "upload" },
      { file: 0, event: "stored", etag: "etag" },
      { file: 0, event: "processing", progress: 75 },
      { file: 0, event: "completed", properties: {} },
      { file: 1, event: "failed", error: FAILED },
    ]);
  });
  await Promise.all([0, 1].map((file) => plainBucket(env.BUCKET).put(`${id}/${file}/name`, "x")));
}

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

const status = () => within((batch) => batch.status());
const alarmTime = () => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
const keepUntil = async () => {
  const result = await status();
  return result.ok ? result.value.keepUntil : result.code;
};

async function storedObjects(): Promise<number> {
  return (await env.BUCKET.list({ prefix: `${id}/` })).objects.length;
}

function storedKeys(): Promise<string[]> {
  return runInDurableObject(stub, (_, { storage }) => [...storage.kv.list()].map(([key]) => key));
}

test("files and records are deleted together, keepDays after the end", async () => {
  await create(5);
  expect(await keepUntil()).toBe("2026-12-06T12:00:00.000Z");
  await evictDurableObject(stub);
  expect(await alarmTime()).toBe(Date.parse("2026-12-06T12:00:00Z"));
  pass(5 * DAY_MS - 1);
  expect(await storedObjects()).toBe(2);
  expect(await keepUntil()).toBe("2026-12-06T12:00:00.000Z");
  pass(1);
  await runDurableObjectAlarm(stub);
  expect(await status()).toEqual(UNKNOWN);
  expect(await storedObjects()).toBe(0);
  pass(11 * MINUTE_MS);
  await runDurableObjectAlarm(stub);
  expect(await storedKeys()).toEqual([]);
});

test("a batch is unknown from keepUntil on, even if the alarm is late", async () => {
  await create(5);
  pass(5 * DAY_MS);
  expect(await status()).toEqual(UNKNOWN);
  expect(await within((batch) => batch.storedFile(0))).toEqual(UNKNOWN);
  expect(await within((batch) => batch.retry(null))).toEqual(UNKNOWN);
  expect(await within((batch) => batch.renewTokens({ owner: null, revoke: [] }))).toEqual(UNKNOWN);
  expect(await within((batch) => batch.delete())).toMatchObject({ ok: true });
});

test("a retry that makes the batch active again ends the count, and the next end starts it", async () => {
  await create(5);
  pass(4 * DAY_MS);
  await within((batch) => batch.retry(null));
  expect(await keepUntil()).toBeNull();
  pass(4 * DAY_MS);
  await runDurableObjectAlarm(stub);
  expect(await storedObjects()).toBe(2);
  await within((batch) => batch.cancelFile(1));
  expect(await keepUntil()).toBe("2026-12-14T12:00:00.000Z");
});

test("a batch that was cancelled or expired is deleted as well", async () => {
  await create(5);
  await within((batch) => batch.retry(null));
  pass(7 * DAY_MS);
  await runDurableObjectAlarm(stub);
  expect(await status()).toMatchObject({ code: "batch_expired" });
  pass(4 * DAY_MS);
  await runDurableObjectAlarm(stub);
  expect(await storedObjects()).toBe(1);
  pass(DAY_MS);
  await runDurableObjectAlarm(stub);
  expect([await status(), await storedObjects()]).toEqual([UNKNOWN, 0]);
});

test("a deletion that fails is repeated until nothing is left", async () => {
  await create(5);
  pass(5 * DAY_MS);
  const deleting = vi.spyOn(env.BUCKET, "delete");
  deleting.mockRejectedValue(r2Error("delete", "internal"));
  vi.spyOn(console, "error").mockImplementation(() => {});
  await runDurableObjectAlarm(stub);
  expect([await status(), await storedObjects()]).toEqual([UNKNOWN, 2]);
  deleting.mockRestore();
  await evictDurableObject(stub);
  pass(2 * MINUTE_MS);
  await runDurableObjectAlarm(stub);
  expect(await storedObjects()).toBe(0);
});

test("without keepDays, a batch stays until it is deleted", async () => {
  await create();
  expect(await keepUntil()).toBeNull();
  pass(400 * DAY_MS);
  await runDurableObjectAlarm(stub);
  expect(await keepUntil()).toBeNull();
  expect([await storedObjects(), await alarmTime()]).toEqual([2, null]);
});
