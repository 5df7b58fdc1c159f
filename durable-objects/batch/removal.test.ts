import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { plainBucket } from "../../storage/testing/strict-bucket.ts";
import type { Batch } from "./batch.ts";

const UNKNOWN = { ok: false, code: "batch_not_found", detail: expect.any(String) };
const FAILED = { code: "storage_failed", detail: "Again.", retryable: true } as const;

let id: string;
let stub: ReturnType<typeof env.BATCH.getByName>;

/** Runs in the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

/** Advances the clock by so many minutes and runs the alarm. */
async function alarmAfter(minutes: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
  await runDurableObjectAlarm(stub);
}

/** Ids of the files that have objects in R2. */
async function storedFiles(): Promise<number[]> {
  const { objects } = await env.BUCKET.list({ prefix: `${id}/` });
  return objects.map(({ key }) => Number(key.split("/")[1]));
}

const alarmTime = () => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());

const put = (file: number) => plainBucket(env.BUCKET).put(`${id}/${file}/name`, "bytes");

function storedKeys(): Promise<string[]> {
  return runInDurableObject(stub, (_, { storage }) => [...storage.kv.list()].map(([key]) => key));
}

/** Creates a batch of a completed, a failed and a queued file. All have objects in R2. */
beforeEach(async () => {
  id = crypto.randomUUID();
  stub = env.BATCH.getByName(id);
  const files = ["done", "failed", "waiting"].map((name) => ({ name, size: 5 }));
  await within((batch) => {
    batch.create({ id, metadata: {}, files, sealed: true });
    batch.applyEvents([
      { file: 0, event: "started", upload: "upload" },
      { file: 0, event: "stored", etag: "etag" },
      { file: 0, event: "processing", progress: 75 },
      { file: 0, event: "completed", properties: {} },
      { file: 1, event: "failed", error: FAILED },
    ]);
  });
  await Promise.all([put(0), put(1), put(2)]);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("a deleted batch is unknown at once, and objects stored later are deleted too", async () => {
  expect(await within((batch) => batch.delete())).toMatchObject({
    ok: true,
    value: { event: { id, state: "removed" }, folder: `${id}/` },
  });
  expect(await within((batch) => batch.status())).toEqual(UNKNOWN);
  await alarmAfter(0);
  expect(await storedFiles()).toEqual([]);
  await put(2);
  await alarmAfter(11);
  expect(await storedFiles()).toEqual([]);
  expect(await storedKeys()).toEqual([]);
});

test("a failure of R2 delays a deletion", async () => {
  await within((batch) => batch.delete());
  const log = vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(env.BUCKET, "list").mockRejectedValueOnce(new Error("list: internal (10001)"));
  await alarmAfter(0);
  expect(log).toHaveBeenCalledOnce();
  expect(await storedFiles()).toEqual([0, 1, 2]);
  await alarmAfter(2);
  expect(await storedFiles()).toEqual([]);
});

test("an object of a cancelled file is deleted, even if no request reported it", async () => {
  await within((batch) => batch.cancelFile(2));
  await alarmAfter(0);
  // A request that is still storing deletes its object itself.
  expect(await storedFiles()).toEqual([0, 1, 2]);
  await alarmAfter(1);
  await evictDurableObject(stub);
  await alarmAfter(1);
  expect(await storedFiles()).toEqual([0, 1]);
  const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
  expect(alarm).toBeNull();
});

test("a cancelled batch keeps only the objects of completed files", async () => {
  await within((batch) => batch.cancel());
  await alarmAfter(0);
  expect(await storedFiles()).toEqual([0]);
  // A request that was in flight has stored its object, and ended without reporting it.
  await put(2);
  await alarmAfter(1);
  await put(1);
  await alarmAfter(1);
  expect(await storedFiles()).toEqual([0]);
});

test("a stored file keeps the key that was recorded for it", async () => {
  const key = `${id}/2/a name of an earlier Unicode`;
  await env.BUCKET.put(key, "bytes");
  await within((batch) => batch.applyEvents([{ file: 2, event: "stored", etag: "etag", key }]));
  expect(await within((batch) => batch.storedFile(2))).toMatchObject({ value: { key } });
  await within((batch) =>
    batch.applyEvents([
      { file: 2, event: "processing", progress: 75 },
      { file: 2, event: "completed", properties: {} },
      { file: 1, event: "retried" },
    ]),
  );
  await within((batch) => batch.cancel());
  await alarmAfter(0);
  const { objects } = await env.BUCKET.list({ prefix: `${id}/` });
  expect(objects.map((object) => object.key)).toEqual([`${id}/0/name`, key]);
});

test("events of a cancelled batch restart no file", async () => {
  await within((batch) => batch.cancel());
  await within((batch) =>
    batch.applyEvents([
      { file: 1, event: "retried" },
      { file: 1, event: "started", upload: "late" },
      { file: 1, event: "stored", etag: "late" },
    ]),
  );
  const result = await within((batch) => batch.file(1));
  expect(result).toMatchObject({ value: { state: "failed" } });
});

test("the records of a completed batch stay without an alarm until it is deleted", async () => {
  await within((batch) => batch.cancelFile(2));
  await alarmAfter(8 * 24 * 60);
  await alarmAfter(400 * 24 * 60);
  expect(await alarmTime()).toBeNull();
  expect(await within((batch) => batch.status())).toMatchObject({
    value: { state: "completed", expiresAt: null },
  });
  expect(await storedFiles()).toContain(0);
  await within((batch) => batch.delete());
  await alarmAfter(11);
  expect(await storedKeys()).toEqual([]);
  expect(await storedFiles()).toEqual([]);
});

test("a batch that expired without a completed file is deleted after LINK_DAYS", async () => {
  await within((batch) => batch.cancelFile(0));
  await alarmAfter(7 * 24 * 60);
  await alarmAfter(2);
  await evictDurableObject(stub);
  await alarmAfter(29 * 24 * 60);
  await within((batch) => batch.renewTokens({ owner: null, revoke: [] }));
  expect(await within((batch) => batch.status())).toMatchObject({ code: "batch_expired" });
  expect(await alarmTime()).toBeLessThanOrEqual(Date.now() + 24 * 60 * 60_000);
  await alarmAfter(24 * 60);
  expect(await within((batch) => batch.status())).toEqual(UNKNOWN);
  await put(2);
  await alarmAfter(11);
  expect(await storedFiles()).toEqual([]);
  expect(await storedKeys()).toEqual([]);
});

test("the records of an expired batch stay until it is deleted", async () => {
  await alarmAfter(8 * 24 * 60);
  await alarmAfter(40 * 24 * 60);
  expect(await alarmTime()).toBeNull();
  expect(await within((batch) => batch.status())).toMatchObject({ code: "batch_expired" });
  expect(await storedFiles()).toEqual([0]);
  expect(await within((batch) => batch.delete())).toMatchObject({ ok: true });
  await alarmAfter(11);
  expect(await storedKeys()).toEqual([]);
  expect(await storedFiles()).toEqual([]);
});

test("a completed batch with a retried file can expire", async () => {
  await within((batch) => batch.cancelFile(2));
  await within((batch) => batch.retry(null));
  expect(await within((batch) => batch.status())).toMatchObject({
    value: { state: "active", expiresAt: expect.any(String) },
  });
  await alarmAfter(8 * 24 * 60);
  expect(await within((batch) => batch.status())).toMatchObject({ code: "batch_expired" });
});
