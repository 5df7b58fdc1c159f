import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { PlainUpload } from "../../protocol/index.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { limitWrites } from "../../storage/testing/write-limit.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";

import { noise } from "../testing/samples.ts";
import { eventually } from "../testing/watcher.ts";

/** Longer than the time after which the tests repeat a request, so that both store at the same time. */
const PUT_MS = 500;
const REPEAT_MS = 200;

afterEach(() => void vi.restoreAllMocks());

test("a bundle that is repeated while it is being stored completes every file, and the batch once", async () => {
  const sizes = Array.from({ length: 30 }, (_, index) => index + 1);
  const batch = await TestBatch.create(sizes);
  const watcher = await batch.watch();
  limitWrites(PUT_MS);
  const parts = sizes.map((size, name) => ({ name, bytes: noise(size, name) }));
  const first = batch.bundle(parts);
  await scheduler.wait(REPEAT_MS);
  const responses = await Promise.all([first, batch.bundle(parts)]);
  for (const { files } of responses) {
    expect(files).toMatchObject(sizes.map((size) => ({ size, state: "completed" })));
  }
  const ends = () => watcher.frames.filter(({ event }) => event === "uploadCompleted");
  await eventually(() => ends().length > 0);
  expect(watcher.rows("uploadProgress").filter(([, state]) => state === "failed")).toEqual([]);
  expect(await batch.status()).toMatchObject({ state: "completed", totals: { completed: 30 } });
  expect(ends()).toHaveLength(1);
  watcher.close();
});

test.each([
  ["in memory", 0],
  ["as a stream", 300_000],
])("a file that is sent twice at once is stored once: %s", async (_, size) => {
  const bytes = noise(size);
  const batch = await TestBatch.create([size]);
  limitWrites(PUT_MS);
  const responses = await Promise.all([batch.put(0, bytes), batch.put(0, bytes)]);
  const states = await Promise.all(responses.map((r) => r.json<{ state: string }>()));
  expect(states).toMatchObject([{ state: "completed" }, { state: "completed" }]);
  expect(await batch.status()).toMatchObject({ state: "completed" });
});

test("a form waits before it repeats a put that R2 has failed", async () => {
  limitWrites(0);
  const put = env.BUCKET.put.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (...args) => {
    await put(...args);
    throw r2Error("put", "internal");
  });
  const form = new FormData();
  form.append("file", new File(["hello"], "a.txt"));
  const response = await call("/v1/upload", { method: "POST", body: form });
  const { batch, files } = await response.json<PlainUpload>();
  expect(files).toMatchObject([{ state: "completed" }]);
  expect(batch).toMatchObject({ state: "completed" });
});

test("a storage failure leaves the file queued and the batch open", async () => {
  const batch = await TestBatch.create([5]);
  vi.spyOn(scheduler, "wait").mockResolvedValue();
  vi.spyOn(env.BUCKET, "put").mockRejectedValue(r2Error("put", "rateLimited"));
  expect(await readProblem(await batch.put(0, "hello"))).toMatchObject({ code: "storage_failed" });
  expect(await batch.file(0)).toMatchObject({ state: "queued", attempts: 1 });
  expect(await batch.status()).toMatchObject({ state: "active", sealed: true });
});

describe("an error of R2 is not reported for a file that another request completes meanwhile", () => {
  const bytes = noise(300_000);

  /** Lets another request store the file first, and then fails every call of this one. */
  function failAfterAnother(batch: TestBatch): void {
    skipWaits();
    const put = env.BUCKET.put.bind(env.BUCKET);
    const failed = r2Error("put", "unavailable");
    const spy = vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async () => {
      spy.mockImplementation(put);
      await (await batch.put(0, bytes)).body?.cancel();
      spy.mockRejectedValue(failed);
      throw failed;
    });
    vi.spyOn(env.BUCKET, "head").mockRejectedValue(failed);
  }

  test("in a bundle", async () => {
    const batch = await TestBatch.create([bytes.length]);
    failAfterAnother(batch);
    const { files } = await batch.bundle([{ name: 0, bytes }]);
    expect(files).toMatchObject([{ id: 0, state: "completed", receivedBytes: bytes.length }]);
  });

  test("in a bundle that has reported the file's failure before", async () => {
    const batch = await TestBatch.create([5, 5]);
    skipWaits();
    const put = env.BUCKET.put.bind(env.BUCKET);
    let canFail = true;
    vi.spyOn(env.BUCKET, "put").mockImplementation(async (key, ...rest) => {
      const isFirst = key.includes("/0/");
      if (isFirst && canFail) throw r2Error("put", "unavailable");
      if (isFirst) return put(key, ...rest);
      await expect.poll(() => batch.file(0)).toMatchObject({ state: "queued", attempts: 1 });
      canFail = false;
      expect((await batch.put(0, "hello")).status).toBe(200);
      return put(key, ...rest);
    });
    const { files } = await batch.bundle([0, 1].map((name) => ({ name, bytes: "hello" })));
    expect(files).toMatchObject([0, 1].map((id) => ({ id, state: "completed" })));
  });

  test("in a PUT", async () => {
    const batch = await TestBatch.create([bytes.length]);
    failAfterAnother(batch);
    const response = await batch.put(0, bytes);
    expect(await response.json()).toMatchObject({ state: "completed" });
  });
});
