import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { plainBucket } from "../../storage/testing/strict-bucket.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { noise } from "../testing/samples.ts";

const MINUTE_MS = 60_000;
/** R2 deletes at most so many objects in one call. */
const SLICE = 1000;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const remove = (batch: TestBatch) => batch.call("", { method: "DELETE" });

async function objectsOf(batch: TestBatch): Promise<number> {
  const { objects, truncated } = await env.BUCKET.list({ prefix: `${batch.id}/` });
  return truncated ? Infinity : objects.length;
}

/** Advances the clock and runs the batch's alarm, if there is one. */
async function pass(batch: TestBatch, ms: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
  await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
}

/** Stores objects in the folder of a batch, beside those of its files. */
async function store(batch: TestBatch, count: number): Promise<void> {
  const bucket = plainBucket(env.BUCKET);
  const keys = Array.from({ length: count }, (_, file) => `${batch.id}/${file}/more`);
  await Promise.all(keys.map((key) => bucket.put(key, "x")));
}

test("a batch is deleted in slices, and a slice that fails keeps no other", async () => {
  const batch = await TestBatch.create([5]);
  await store(batch, 2 * SLICE + 100);
  const slices: number[] = [];
  const deleteNow = env.BUCKET.delete.bind(env.BUCKET);
  const deleting = vi.spyOn(env.BUCKET, "delete").mockImplementation((keys) => {
    slices.push([keys].flat().length);
    if (slices.length === 1) return Promise.reject(r2Error("delete", "locked"));
    return deleteNow(keys);
  });
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  expect((await remove(batch)).status).toBe(502);
  expect(await objectsOf(batch)).toBe(SLICE);
  expect(Math.max(...slices)).toBeLessThanOrEqual(SLICE);
  expect(await readProblem(await batch.call(""))).toMatchObject({ code: "batch_not_found" });
  deleting.mockRestore();
  await pass(batch, 2 * MINUTE_MS);
  expect(await objectsOf(batch)).toBe(0);
  log.mockRestore();
});

describe("a deletion", () => {
  test("can be repeated while it runs, and beside the alarm", async () => {
    const batch = await TestBatch.create([5, 5]);
    await (await batch.put(0, noise(5))).body?.cancel();
    const stub = env.BATCH.getByName(batch.id);
    const alarm = runDurableObjectAlarm(stub);
    const responses = await Promise.all([remove(batch), remove(batch), remove(batch)]);
    await alarm;
    expect(responses.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect((await remove(batch)).status).toBe(204);
    await pass(batch, 11 * MINUTE_MS);
    expect(await objectsOf(batch)).toBe(0);
    expect(await readProblem(await remove(batch))).toMatchObject({ code: "batch_not_found" });
  });

  test("lets no later download begin, and corrupts none that has begun", async () => {
    const batch = await TestBatch.create([100_000]);
    const bytes = noise(100_000);
    await (await batch.put(0, bytes)).body?.cancel();
    const begun = await batch.call("/files/0/content");
    await remove(batch);
    const read = await begun.arrayBuffer().catch(() => null);
    expect(read === null ? bytes : new Uint8Array(read)).toEqual(bytes);
    const later = await readProblem(await batch.call("/files/0/content"));
    expect(later).toMatchObject({ status: 404, code: "batch_not_found" });
  });

  test("leaves nothing of an upload that is in flight", async () => {
    const batch = await TestBatch.create([4]);
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const putting = batch.put(0, readable);
    await writer.write(new Uint8Array([1, 2]));
    await remove(batch);
    await writer.write(new Uint8Array([3, 4]));
    await writer.close();
    await (await putting).body?.cancel();
    await pass(batch, 11 * MINUTE_MS);
    expect(await objectsOf(batch)).toBe(0);
  });
});
