import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type BatchResource,
  type CreatedBatch,
  LIMITS,
  type SingleFileResource,
} from "../../protocol/index.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { call, readProblem, TestBatch, testFile } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer } from "../testing/grants.ts";
import { noise } from "../testing/samples.ts";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;

beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function keysOf(batch: TestBatch): Promise<string[]> {
  return (await env.BUCKET.list({ prefix: `${batch.id}/` })).objects.map(({ key }) => key);
}

const remove = (batch: TestBatch, file: number) =>
  batch.call(`/files/${file}`, { method: "DELETE" });

async function removed(batch: TestBatch, file: number): Promise<SingleFileResource> {
  const response = await remove(batch, file);
  expect(response.status).toBe(200);
  return response.json();
}

/** Creates a batch with these stored files of 5 bytes. */
async function stored(count: number, options: { sealed?: boolean } = {}): Promise<TestBatch> {
  const batch = await TestBatch.create(
    Array.from({ length: count }, () => 5),
    options,
  );
  await batch.bundle(Array.from({ length: count }, (_, name) => ({ name, bytes: "hello" })));
  return batch;
}

/** Runs the alarm after the time in which requests in flight may still store objects. */
async function cleanUp(batch: TestBatch): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3 * 60_000 });
  await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
}

describe("DELETE of a stored file", () => {
  test("deletes its object before the response, and keeps the others", async () => {
    const batch = await stored(2, { sealed: false });
    const file = await removed(batch, 0);
    expect(file).toMatchObject({ id: 0, state: "cancelled", progress: 100 });
    expect(file.deletedAt).toMatch(ISO);
    expect(file.etag).toBeUndefined();
    expect(await keysOf(batch)).toEqual([`${batch.id}/1/5-bytes`]);
    const content = await batch.call("/files/0/content");
    expect(await readProblem(content)).toMatchObject({ status: 404, code: "file_not_found" });
    expect((await batch.files()).map(({ state }) => state)).toEqual(["cancelled", "completed"]);
    expect(await batch.status()).toMatchObject({
      state: "active",
      totals: { files: 2, completed: 1, cancelled: 1 },
    });
  });

  test("changes a completed batch's summary, and announces that by a batch frame only", async () => {
    const batch = await stored(2);
    const before = await batch.status();
    const watcher = await batch.watch();
    await watcher.next("uploadCompleted");
    watcher.clear();
    await removed(batch, 1);
    const after = await batch.status();
    expect(after).toMatchObject({
      state: "completed",
      completedAt: before.completedAt,
      summary: { files: 2, completed: 1, cancelled: 1, bytes: 5 },
      totals: { completed: 1, cancelled: 1 },
    });
    expect(after.rev).toBeGreaterThan(before.rev);
    expect(await watcher.next("batch")).toMatchObject({
      batch: await batch.readerStatus(),
      rev: after.rev,
    });
    expect(watcher.rows("uploadProgress")).toEqual([[1, "cancelled", 100, 5, null]]);
    await removed(batch, 0);
    await vi.waitUntil(() => watcher.frames.length >= 4);
    expect(watcher.frames.map(({ event }) => event)).not.toContain("uploadCompleted");
    watcher.close();
  });

  test("is repeatable", async () => {
    const batch = await stored(1);
    const first = await removed(batch, 0);
    const { rev } = await batch.status();
    expect(await removed(batch, 0)).toEqual(first);
    expect((await batch.status()).rev).toBe(rev);
  });

  test("lets the file neither be sent nor retried", async () => {
    const batch = await stored(2);
    await removed(batch, 0);
    const cancelled = { status: 409, code: "file_cancelled" };
    expect(await readProblem(await batch.put(0, "hello"))).toMatchObject(cancelled);
    const retry = { method: "POST", body: '{"files":[1,0]}' };
    expect(await readProblem(await batch.call("/retry", retry))).toMatchObject(cancelled);
    expect((await batch.call("/retry", { method: "POST" })).status).toBe(200);
    const { files } = await batch.bundle([{ name: 0, bytes: "hello" }]);
    expect(files).toMatchObject([{ id: 0, error: { code: "file_cancelled" } }]);
    expect((await batch.file(0)).state).toBe("cancelled");
  });

  test("deletes a file that came in parts, with the records of the parts", async () => {
    const bytes = noise(LIMITS.partBytes + 5);
    const batch = await TestBatch.create([bytes.length]);
    for (const [index, body] of [
      bytes.slice(0, LIMITS.partBytes),
      bytes.slice(LIMITS.partBytes),
    ].entries()) {
      const init = { method: "PUT", body };
      await (await batch.call(`/files/0/parts/${index + 1}`, init)).body?.cancel();
    }
    expect((await batch.file(0)).state).toBe("completed");
    const file = await removed(batch, 0);
    expect(file.deletedAt).toMatch(ISO);
    expect(file.parts?.received).toEqual([]);
    expect(await keysOf(batch)).toEqual([]);
  });

  test("is done by the alarm if R2 fails, and by a repeated request", async () => {
    const batch = await stored(2);
    skipWaits();
    const failing = vi.spyOn(env.BUCKET, "delete").mockRejectedValue(r2Error("delete", "internal"));
    for (const file of [0, 1]) {
      const problem = await readProblem(await remove(batch, file));
      expect(problem).toMatchObject({ status: 502, code: "storage_failed" });
    }
    expect(await keysOf(batch)).toHaveLength(2);
    failing.mockRestore();
    await removed(batch, 0);
    expect(await keysOf(batch)).toHaveLength(1);
    await cleanUp(batch);
    expect(await keysOf(batch)).toEqual([]);
  });

  test("works in a cancelled batch", async () => {
    const batch = await TestBatch.create([5, 6]);
    await batch.bundle([{ name: 0, bytes: "hello" }]);
    await (await batch.call("/cancel", { method: "POST" })).body?.cancel();
    expect((await removed(batch, 0)).deletedAt).toMatch(ISO);
    expect(await keysOf(batch)).toEqual([]);
    expect(await batch.status()).toMatchObject({ state: "cancelled", totals: { cancelled: 2 } });
    await cleanUp(batch);
    expect(await keysOf(batch)).toEqual([]);
  });

  test("returns no quota of the day, which the file's bytes have used", async () => {
    const quota = { QUOTA_BYTES_PER_DAY: "10" };
    const body = JSON.stringify({ files: [testFile(5)] });
    const first = await callWith(quota, "/v1/batches", { method: "POST", body });
    const created = await first.json<CreatedBatch>();
    const batch = TestBatch.of(created);
    await batch.bundle([{ name: 0, bytes: "hello" }]);
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    await removed(batch, 0);
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    const headers = bearer(created.tokens.owner ?? "");
    const create = () => callWith(quota, "/v1/batches", { method: "POST", body, headers });
    expect((await create()).status).toBe(201);
    expect((await create()).status).toBe(429);
  });
});

describe("DELETE of a file that is not stored", () => {
  test("cancels it, and completes the batch", async () => {
    const batch = await TestBatch.create([5, 6]);
    await batch.bundle([{ name: 0, bytes: "hello" }]);
    const file = await removed(batch, 1);
    expect(file).toMatchObject({ state: "cancelled" });
    expect(file.deletedAt).toBeUndefined();
    expect(await batch.status()).toMatchObject({ state: "completed", summary: { cancelled: 1 } });
  });

  test("cancels a failed file, which is not retried any more", async () => {
    const batch = await TestBatch.create([5, 5]);
    await batch.bundle([
      { name: 0, bytes: "four" },
      { name: 1, bytes: "hello" },
    ]);
    expect(await batch.status()).toMatchObject({ state: "completed", totals: { failed: 1 } });
    const file = await removed(batch, 0);
    expect(file).toMatchObject({ state: "cancelled" });
    expect(file.error).toBeUndefined();
    await (await batch.call("/retry", { method: "POST" })).body?.cancel();
    expect(await batch.status()).toMatchObject({
      state: "completed",
      summary: { failed: 0, cancelled: 1, failures: [] },
    });
  });

  test("cancels a file whose object is being stored, which is deleted", async () => {
    const batch = await TestBatch.create([300_000]);
    const put = env.BUCKET.put.bind(env.BUCKET);
    vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (...args) => {
      await removed(batch, 0);
      return put(...args);
    });
    const response = await batch.put(0, noise(300_000));
    expect(await response.json()).toMatchObject({ state: "cancelled" });
    expect(await keysOf(batch)).toEqual([]);
  });

  test("refuses an unknown file, and a read token", async () => {
    const batch = await stored(1);
    expect(await readProblem(await remove(batch, 7))).toMatchObject({ code: "file_not_found" });
    const init = { method: "DELETE", headers: bearer(batch.created.tokens.read) };
    expect((await call(`${batch.created.links.self}/files/0`, init)).status).toBe(403);
    expect(await keysOf(batch)).toHaveLength(1);
  });
});

describe("POST …/cancel with files", () => {
  const cancel = (batch: TestBatch, body: string) =>
    batch.call("/cancel", { method: "POST", body });

  test("cancels these files only, and leaves settled ones", async () => {
    const batch = await TestBatch.create([5, 6, 7, 8]);
    await batch.bundle([{ name: 0, bytes: "hello" }]);
    const response = await cancel(batch, '{"files":[0,1,1]}');
    expect(response.status).toBe(200);
    expect(await response.json<BatchResource>()).toMatchObject({
      state: "active",
      totals: { completed: 1, cancelled: 1, queued: 2 },
    });
    await batch.bundle([{ name: 2, bytes: "7 bytes" }]);
    expect(await (await cancel(batch, '{"files":"unfinished"}')).json()).toMatchObject({
      state: "completed",
      summary: { completed: 2, cancelled: 2 },
    });
    await cleanUp(batch);
    expect(await keysOf(batch)).toHaveLength(2);
  });

  test("is repeatable, also after the batch has ended", async () => {
    const batch = await TestBatch.create([5]);
    for (const body of ['{"files":[0]}', '{"files":[0]}', '{"files":"unfinished"}']) {
      expect(await (await cancel(batch, body)).json()).toMatchObject({
        state: "completed",
        rev: 3,
      });
    }
  });

  test.each(['{"files":[7]}', '{"files":[0,7]}'])(
    "cancels nothing if a file is unknown: %s",
    async (body) => {
      const batch = await TestBatch.create([5]);
      expect(await readProblem(await cancel(batch, body))).toMatchObject({
        status: 404,
        code: "file_not_found",
      });
      expect(await batch.status()).toMatchObject({ state: "active", totals: { queued: 1 } });
    },
  );

  test.each(['{"files":"all"}', '{"files":null}', '{"file":[0]}', '{"files":[-1]}', "[]"])(
    "refuses %s and cancels nothing",
    async (body) => {
      const batch = await TestBatch.create([5]);
      expect(await readProblem(await cancel(batch, body))).toMatchObject({
        status: 400,
        code: "malformed_request",
      });
      expect(await batch.status()).toMatchObject({ state: "active", totals: { queued: 1 } });
    },
  );

  test("an empty list cancels nothing, and no body cancels the batch", async () => {
    const batch = await TestBatch.create([5]);
    expect(await (await cancel(batch, '{"files":[]}')).json()).toMatchObject({ state: "active" });
    expect(await (await cancel(batch, "")).json()).toMatchObject({ state: "cancelled" });
  });
});
