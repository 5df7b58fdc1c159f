import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { OwnerClient } from "../owner/client.ts";
import type { Batch } from "./batch.ts";
import { FORMAT } from "./store.ts";
import { alarmTime, runAlarms as runAlarmsOf } from "./testing/run-alarms.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const SIZE = 10;

let id: string;
let stub: ReturnType<typeof env.BATCH.getByName>;
let log: MockInstance<typeof console.error>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  log = vi.spyOn(console, "error").mockReturnValue();
  id = crypto.randomUUID();
  stub = env.BATCH.getByName(id);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Runs in the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

/** Evicts the object, and ends its timers, which an eviction in tests waits for. */
async function evict(): Promise<void> {
  vi.clearAllTimers();
  await evictDurableObject(stub);
}

const runAlarms = (ms: number) => runAlarmsOf(stub, ms);

/** Creates a batch of one file with an object in R2. The file is queued. */
async function createBatch(owner?: { key: string; isNotified: boolean }): Promise<void> {
  const files = [{ name: "file", size: SIZE }];
  await within((batch) =>
    batch.create({ id, metadata: {}, files, sealed: true, ...(owner && { owner }) }),
  );
  await env.BUCKET.put(`${id}/0/file`, "x".repeat(SIZE));
}

/** Opens a multipart upload of the file, with all of its parts if `isFull`. */
async function openMultipart(isFull: boolean): Promise<void> {
  const key = `${id}/0/file`;
  const { uploadId } = await env.BUCKET.createMultipartUpload(key);
  const multipart = { id: uploadId, key };
  await within((batch) => batch.registerMultipart(0, multipart));
  const part = { number: 1, etag: "etag", sha256: "", bytes: SIZE, upload: "upload" };
  if (isFull) await within((batch) => batch.recordPart(0, { ...part, multipartId: uploadId }));
}

/** Makes every attempt to complete or abort a multipart upload fail. */
function failMultipart(): void {
  const failing = (call: string) => async () => {
    await Promise.resolve();
    throw new Error(`${call}: gone (10006)`);
  };
  vi.spyOn(env.BUCKET, "head").mockImplementation(failing("head"));
  vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementation((key, uploadId) => ({
    key,
    uploadId,
    uploadPart: failing("uploadPart"),
    complete: failing("complete"),
    abort: failing("abort"),
  }));
}

/** R2's lock of a bucket: objects can be listed and not deleted. */
function lockBucket() {
  return vi.spyOn(env.BUCKET, "delete").mockRejectedValue(r2Error("delete", "locked"));
}

const errors = () => log.mock.calls.map(([line]): unknown => JSON.parse(String(line)));

/** Minutes of the alarms of the first day after the first failure. */
const BACKOFF = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 871, 1231];

test.each<[string, () => Promise<void>]>([
  [
    "a bucket lock, after a cancellation",
    async () => {
      await createBatch();
      lockBucket();
      await within((batch) => batch.cancel());
    },
  ],
  [
    "a bucket that is gone",
    async () => {
      await createBatch();
      vi.spyOn(env.BUCKET, "list").mockRejectedValue(new Error("list: gone (10006)"));
      await within((batch) => batch.cancel());
    },
  ],
  [
    "an owner that can't be reached",
    async () => {
      await createBatch({ key: "owner", isNotified: true });
      vi.spyOn(OwnerClient.prototype, "onBatchEvent").mockRejectedValue(new Error("unreachable"));
      await within((batch) => batch.setPaused(true));
    },
  ],
  [
    "a multipart upload that can't be aborted",
    async () => {
      await createBatch();
      await openMultipart(false);
      failMultipart();
      await within((batch) => batch.cancel());
    },
  ],
])("work that fails is repeated a dozen times in a day: %s", async (_, prepare) => {
  await prepare();
  expect(await runAlarms(DAY_MS)).toEqual(BACKOFF);
});

test("a completion that fails is repeated a dozen times in a day", async () => {
  await createBatch();
  await openMultipart(true);
  failMultipart();
  const minutes = await runAlarms(DAY_MS);
  expect(minutes.length).toBeGreaterThan(8);
  expect(minutes.length).toBeLessThan(16);
});

test("a deletion that fails is repeated a dozen times in a day, with the delay kept on eviction", async () => {
  await createBatch();
  const remove = lockBucket();
  await within((batch) => batch.delete());
  const first = await runAlarms(DAY_MS / 2);
  await evict();
  const second = await runAlarms(DAY_MS / 2);
  expect(first.length).toBeLessThan(13);
  expect(second.length).toBeLessThan(3);
  expect(remove).toHaveBeenCalledTimes(first.length + second.length);
});

test("a bucket lock is logged once", async () => {
  await createBatch();
  lockBucket();
  await within((batch) => batch.delete());
  await runAlarms(DAY_MS / 2);
  await evict();
  await runAlarms(DAY_MS / 2);
  expect(errors()).toEqual([{ batch: id, error: expect.stringContaining("(10069)") }]);
});

test("another failure is logged each time", async () => {
  await createBatch();
  vi.spyOn(env.BUCKET, "list").mockRejectedValue(new Error("list: gone (10006)"));
  await within((batch) => batch.cancel());
  const { length } = await runAlarms(DAY_MS);
  expect(errors()).toHaveLength(length);
});

test("the cleanup of a deleted batch gives up after BATCH_DAYS, and logs the folder", async () => {
  await createBatch();
  lockBucket();
  await within((batch) => batch.delete());
  const minutes = await runAlarms(8 * DAY_MS);
  expect(minutes.length).toBeLessThan(50);
  expect(errors().slice(1)).toEqual([
    { batch: id, folder: `${id}/`, error: expect.stringContaining("given up") },
  ]);
  expect(await runInDurableObject(stub, (_, { storage }) => [...storage.kv.list()])).toEqual([]);
  expect(await runAlarms(400 * DAY_MS)).toEqual([]);
});

test("the cleanup of a cancelled batch gives up, and starts over when the batch is deleted", async () => {
  await createBatch();
  const remove = lockBucket();
  await within((batch) => batch.cancel());
  await runAlarms(8 * DAY_MS);
  expect(errors()).toHaveLength(2);
  expect(await runAlarms(400 * DAY_MS)).toEqual([]);
  expect(await within((batch) => batch.status())).toMatchObject({ ok: true });
  remove.mockRestore();
  await within((batch) => batch.delete());
  await runAlarms(DAY_MS);
  expect((await env.BUCKET.list({ prefix: `${id}/` })).objects).toEqual([]);
  expect(await alarmTime(stub)).toBeNull();
});

test("new work is not delayed by earlier failures", async () => {
  await createBatch({ key: "owner", isNotified: true });
  const notify = vi.spyOn(OwnerClient.prototype, "onBatchEvent");
  notify.mockRejectedValue(new Error("unreachable"));
  await within((batch) => batch.setPaused(true));
  await runAlarms(DAY_MS);
  const before = notify.mock.calls.length;
  await within((batch) => batch.cancel());
  expect(await alarmTime(stub)).toBeLessThanOrEqual(Date.now());
  await runDurableObjectAlarm(stub);
  expect(notify).toHaveBeenCalledTimes(before + 1);
  expect(await alarmTime(stub)).toBe(Date.now() + MINUTE_MS);
  notify.mockResolvedValue();
  await runAlarms(DAY_MS);
  expect(await alarmTime(stub)).toBeNull();
});

test("a batch of a newer format has four alarms a day", async () => {
  await createBatch();
  await runInDurableObject(stub, (_, { storage }) => {
    storage.kv.put("config", { format: FORMAT + 1 });
    return storage.setAlarm(Date.now());
  });
  await evict();
  expect((await runAlarms(DAY_MS)).slice(0, 4)).toEqual([0, 360, 720, 1080]);
});
