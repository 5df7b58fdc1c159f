import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { TestBatch } from "../testing/batch.ts";
import { noise } from "../testing/samples.ts";

// One failure of one call to R2, which the request repairs itself.

beforeEach(skipWaits);

afterEach(() => void vi.restoreAllMocks());

/** Makes the next put store its object, and throw. */
function loseResponse(): void {
  const put = env.BUCKET.put.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (...args) => {
    await put(...args);
    throw r2Error("put", "internal");
  });
}

test.each([
  ["in memory", 0],
  ["as a stream", 300_000],
])("a file is found although the first look for it fails: %s", async (_, size) => {
  const batch = await TestBatch.create([size]);
  loseResponse();
  vi.spyOn(env.BUCKET, "head").mockRejectedValueOnce(r2Error("head", "internal"));
  expect(await (await batch.put(0, noise(size))).json()).toMatchObject({ state: "completed" });
});

test("a file is found although every attempt to put it fails", async () => {
  const batch = await TestBatch.create([50]);
  const put = env.BUCKET.put.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "put")
    .mockRejectedValue(r2Error("put", "unavailable"))
    .mockImplementationOnce(async (...args) => {
      await put(...args);
      throw r2Error("put", "internal");
    });
  const { files } = await batch.bundle([{ name: 0, bytes: noise(50) }]);
  expect(files).toMatchObject([{ id: 0, state: "completed", receivedBytes: 50 }]);
});

test("a file is read to its end although the first attempt fails", async () => {
  const batch = await TestBatch.create([300_000]);
  loseResponse();
  vi.spyOn(env.BUCKET, "get").mockRejectedValueOnce(r2Error("get", "unavailable"));
  expect(await (await batch.put(0, noise(300_000))).json()).toMatchObject({ state: "completed" });
});

test("a body that R2 does not read, because the key is taken, completes the file", async () => {
  const bytes = noise(3_000_000);
  const batch = await TestBatch.create([bytes.length]);
  const put = env.BUCKET.put.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (key, _body, options) => {
    await put(key, bytes, options);
    return put(key, bytes, options);
  });
  expect(await (await batch.put(0, bytes)).json()).toMatchObject({ state: "completed" });
});

test("a multipart upload is created although R2 refuses the first attempt", async () => {
  const batch = await TestBatch.create([LIMITS.partBytes + 5]);
  const refused = r2Error("createMultipartUpload", "rateLimited");
  vi.spyOn(env.BUCKET, "createMultipartUpload").mockRejectedValueOnce(refused);
  const response = await batch.call("/files/0/parts/2", { method: "PUT", body: noise(5) });
  expect(await response.json()).toMatchObject({ parts: { received: [2] } });
});

test("a batch is deleted although R2 refuses the first deletion", async () => {
  const batch = await TestBatch.create([50]);
  await (await batch.put(0, noise(50))).body?.cancel();
  vi.spyOn(env.BUCKET, "delete").mockRejectedValueOnce(r2Error("delete", "rateLimited"));
  expect((await batch.call("", { method: "DELETE" })).status).toBe(204);
  expect((await env.BUCKET.list({ prefix: `${batch.id}/` })).objects).toEqual([]);
});
