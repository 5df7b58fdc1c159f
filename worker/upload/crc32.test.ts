import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LIMITS, type PlainUpload } from "../../protocol/index.ts";
import { crc32 } from "../../storage/crc32.ts";
import { FaultyBucket } from "../../storage/testing/faulty-bucket.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { call, TestBatch } from "../testing/batch.ts";
import { utf8 } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";
import { expectCrc32s, storedCrc32s } from "../testing/stored-crc32s.ts";
import { streamOf } from "../testing/stream-of.ts";

afterEach(() => void vi.restoreAllMocks());

const LARGE = noise(2 * LIMITS.partBytes + 5);

describe("the CRC-32 of a file is known once it is stored", () => {
  test.each([0, 1, 300_000, LARGE.length])("by a request of its own: %d bytes", async (size) => {
    const batch = await TestBatch.create([size]);
    expect((await batch.put(0, LARGE.slice(0, size))).status).toBe(200);
    expect(await storedCrc32s(batch.id)).toEqual([crc32(LARGE.subarray(0, size))]);
  });

  test("without Content-Length", async () => {
    const bytes = LARGE.slice(0, 300_000);
    const batch = await TestBatch.create([bytes.length]);
    expect((await batch.put(0, streamOf(bytes))).status).toBe(200);
    expect(await storedCrc32s(batch.id)).toEqual([crc32(bytes)]);
  });

  test("in a bundle", async () => {
    const batch = await TestBatch.create([0, 5, 300_000]);
    const contents = [0, 5, 300_000].map((size) => noise(size, size + 1));
    await batch.bundle(contents.map((bytes, name) => ({ name, bytes })));
    expect(await storedCrc32s(batch.id)).toEqual(contents.map((bytes) => crc32(bytes)));
  });

  test.each([
    [1, 2, 3],
    [3, 1, 2],
    [2, 2, 3, 3, 1],
  ])("in parts, sent as %d, %d, %d …", async (...order) => {
    const batch = await TestBatch.create([LARGE.length]);
    for (const part of order) {
      const body = LARGE.slice((part - 1) * LIMITS.partBytes, part * LIMITS.partBytes);
      await (await batch.call(`/files/0/parts/${part}`, { method: "PUT", body })).body?.cancel();
    }
    expect(await storedCrc32s(batch.id)).toEqual([crc32(LARGE)]);
  });

  test("in a form", async () => {
    const form = new FormData();
    const contents = [noise(5), LARGE];
    for (const bytes of contents) form.append("file", new File([bytes], "name"));
    const response = await call("/v1/upload", { method: "POST", body: form });
    const { batch } = await response.json<PlainUpload>();
    expect(await storedCrc32s(batch.id)).toEqual(contents.map((bytes) => crc32(bytes)));
  });
});

describe("the CRC-32 is that of the object if", () => {
  test("the batch completes a large file of a form later", async () => {
    const complete = { call: "complete", kind: "internal error" } as const;
    const bucket = new FaultyBucket(Array.from({ length: 6 }, () => complete));
    const form = new FormData();
    form.append("file", new File([LARGE], "name"));
    const response = await call("/v1/upload", { method: "POST", body: form });
    const { batch } = await response.json<PlainUpload>();
    expect(await storedCrc32s(batch.id)).toEqual([undefined]);
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    expect(bucket.remaining).toEqual([]);
    expect(await storedCrc32s(batch.id)).toEqual([crc32(LARGE)]);
  });

  test.each([50, 300_000])("another request has stored %d other bytes", async (size) => {
    skipWaits();
    const batch = await TestBatch.create([size]);
    const put = env.BUCKET.put.bind(env.BUCKET);
    vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (key, body, options) => {
      await put(key, noise(size, 2));
      await put(key, body, options).catch(() => null);
      throw r2Error("put", "internal");
    });
    expect((await batch.put(0, noise(size, 1))).status).toBe(200);
    await expectCrc32s(batch.id);
    expect(await storedCrc32s(batch.id)).toEqual([crc32(noise(size, 2))]);
  });

  test("its file is deleted: there is none", async () => {
    const batch = await TestBatch.create([5]);
    await batch.put(0, "bytes");
    expect(await storedCrc32s(batch.id)).toEqual([crc32(utf8("bytes"))]);
    await batch.call("/files/0", { method: "DELETE" });
    expect(await storedCrc32s(batch.id)).toEqual([undefined]);
  });
});
