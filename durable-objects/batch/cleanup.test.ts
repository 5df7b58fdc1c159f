import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Batch } from "./batch.ts";
import type { FileEvent } from "./file.ts";

const SIZE = 10;

let stub: ReturnType<typeof env.BATCH.getByName>;

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] }));

afterEach(() => void vi.useRealTimers());

/** Evicts the object, and ends its timers, which an eviction in tests waits for. */
async function evict(): Promise<void> {
  vi.clearAllTimers();
  await evictDurableObject(stub);
}

/** Runs in the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

/** Advances the clock. */
function advance(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

async function totals() {
  const result = await within((batch) => batch.status());
  return result.ok ? result.value.totals : result;
}

/** Creates a batch with a file whose only part is in R2. Returns a function that records the part. */
async function batchOfOnePart() {
  const id = crypto.randomUUID();
  stub = env.BATCH.getByName(id);
  const files = [{ name: "file", size: SIZE }];
  await within((batch) => batch.create({ id, metadata: {}, files, sealed: true }));
  const key = `${id}/0/file`;
  const opened = await env.BUCKET.createMultipartUpload(key);
  const { etag } = await opened.uploadPart(1, "x".repeat(SIZE));
  const multipartId = opened.uploadId;
  await within((batch) => batch.registerMultipart(0, { id: multipartId, key }));
  const part = { number: 1, multipartId, etag, sha256: "", bytes: SIZE, upload: "upload" };
  return (before: FileEvent[] = [], upload = "upload") =>
    within((batch) => batch.recordPart(0, { ...part, upload }, before));
}

test("a part and the events before it are one change", async () => {
  const record = await batchOfOnePart();
  const revOf = async () => {
    const result = await within((batch) => batch.status());
    return result.ok ? result.value.rev : NaN;
  };
  const rev = await revOf();
  await record([{ event: "partStarted", file: 0, upload: "upload" }]);
  expect(await revOf()).toBe(rev + 1);
  expect(await totals()).toMatchObject({ uploading: 1, receivedBytes: SIZE });
});

test.each([false, true])(
  "a file with all parts is completed by the alarm after a request did not (evicted: %s)",
  async (isEvicted) => {
    const record = await batchOfOnePart();
    const completion = { file: 0, size: SIZE };
    expect(await record()).toMatchObject({ value: { completion } });
    if (isEvicted) await evict();
    advance(20);
    // The platform repeats a call whose response was lost.
    expect(await record()).toMatchObject({ value: { completion } });
    expect(await record([], "another")).toMatchObject({ value: { completion: null } });
    advance(35);
    await runDurableObjectAlarm(stub);
    expect(await totals()).toMatchObject({ completed: 0, receivedBytes: SIZE });
    // A change in the meantime does not delay the alarm.
    await within((batch) => batch.setPaused(true));
    const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
    expect(alarm).toBeLessThanOrEqual(Date.now() + 60_000);
    advance(60);
    await runDurableObjectAlarm(stub);
    expect(await totals()).toMatchObject({ completed: 1 });
  },
);

test("a part of a file that has just failed counts when it is sent again", async () => {
  const record = await batchOfOnePart();
  const error = { code: "storage_failed", detail: "Try again.", retryable: true } as const;
  await within((batch) => batch.applyEvents([{ file: 0, event: "failed", error }]));
  expect(await record()).toMatchObject({ value: { completion: null } });
  await within((batch) => batch.retry(null));
  expect(await record()).toMatchObject({ value: { completion: { parts: [{ partNumber: 1 }] } } });
  expect(await totals()).toMatchObject({ receivedBytes: SIZE });
});
