import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { Batch } from "./batch.ts";
import type { FileEvent } from "./file.ts";

const SIZE = 10;

let stub: ReturnType<typeof env.BATCH.getByName>;

afterEach(() => void vi.useRealTimers());

/** Runs within the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

function pass(seconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
}

async function totals() {
  const answer = await within((batch) => batch.status());
  return answer.ok ? answer.value.totals : answer;
}

/** A batch with one file, whose one part is in R2; the answer notes it as often as it is called. */
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
  return (before: FileEvent[] = []) => within((batch) => batch.recordPart(0, part, before));
}

test("a part, and what was to be reported before it, are one change", async () => {
  const store = await batchOfOnePart();
  const revOf = async () => {
    const answer = await within((batch) => batch.status());
    return answer.ok ? answer.value.rev : NaN;
  };
  const rev = await revOf();
  await store([{ event: "partStarted", file: 0, upload: "upload" }]);
  expect(await revOf()).toBe(rev + 1);
  expect(await totals()).toMatchObject({ uploading: 1, receivedBytes: SIZE });
});

test.each([false, true])(
  "a file whose parts are all there is put together, though two have vanished who were to do so (evicted: %s)",
  async (isEvicted) => {
    const store = await batchOfOnePart();
    await store();
    await evictDurableObject(stub);
    pass(20);
    expect(await store()).toMatchObject({ value: { completion: { file: 0, size: SIZE } } });
    pass(45);
    await runDurableObjectAlarm(stub);
    expect(await totals()).toMatchObject({ queued: 1, receivedBytes: SIZE });
    if (isEvicted) await evictDurableObject(stub);
    // Whatever changes meanwhile does not put the alarm off.
    await within((batch) => batch.setPaused(true));
    const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
    expect(alarm).toBeLessThanOrEqual(Date.now() + 60_000);
    pass(60);
    await runDurableObjectAlarm(stub);
    expect(await totals()).toMatchObject({ completed: 1 });
  },
);

test("a part that comes when its file has just failed is to be sent again, and counts then", async () => {
  const store = await batchOfOnePart();
  const error = { code: "storage_failed", detail: "Try again.", retryable: true } as const;
  await within((batch) => batch.applyEvents([{ file: 0, event: "failed", error }]));
  expect(await store()).toMatchObject({ value: { completion: null } });
  await within((batch) => batch.retry(null));
  expect(await store()).toMatchObject({ value: { completion: { parts: [{ partNumber: 1 }] } } });
  expect(await totals()).toMatchObject({ receivedBytes: SIZE });
});
