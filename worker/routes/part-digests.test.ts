import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Batch as BatchObject } from "../../durable-objects/index.ts";
import { LIMITS, type SingleFileResource } from "../../protocol/index.ts";
import { sha256Hex } from "../upload/digest.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { concat, utf8 } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";

afterEach(() => void vi.restoreAllMocks());

/** Fields by which a client that resumes checks that a file is unchanged. */
async function known(batch: TestBatch, query: string): Promise<SingleFileResource> {
  return (await batch.call(`/files/0${query}`)).json<SingleFileResource>();
}

test("a file has lastModified, and the digests of its parts with ?digests=true", async () => {
  const size = 2 * LIMITS.partBytes + 4;
  const lastModified = 1_760_000_000_123;
  const batch = await TestBatch.create([{ name: "film.mov", size, lastModified }]);
  expect((await known(batch, "?digests=true")).parts).toMatchObject({ received: [], digests: {} });
  await batch.call("/files/0/parts/3", { method: "PUT", body: "last" });
  const { parts, ...file } = await known(batch, "?digests=true");
  const digests = { 3: await sha256Hex(utf8("last")) };
  expect(parts).toEqual({ partBytes: LIMITS.partBytes, count: 3, received: [3], digests });
  expect(file).toMatchObject({ lastModified, receivedBytes: 4 });
  expect((await known(batch, "")).parts).not.toHaveProperty("digests");
});

test("a small file has no part digests, and other values of digests are refused", async () => {
  const batch = await TestBatch.create([2]);
  expect(await known(batch, "?digests=true")).not.toHaveProperty("parts");
  const problem = await readProblem(await batch.call("/files/0?digests=perhaps"));
  expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
});

describe("the digest of a file's parts", () => {
  const SIZE = 2 * LIMITS.partBytes + 4;
  const PARTS = [noise(LIMITS.partBytes, 1), noise(LIMITS.partBytes, 2), utf8("last")];

  const sendPart = (batch: TestBatch, part: number) =>
    batch.call(`/files/0/parts/${part}`, { method: "PUT", body: PARTS[part - 1] ?? null });

  /** R2 completes no multipart upload until all mocks are restored. */
  function failCompletion(): void {
    skipWaits();
    const resume = env.BUCKET.resumeMultipartUpload.bind(env.BUCKET);
    vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementation((key, id) => {
      const complete = () => Promise.reject(r2Error("completeMultipartUpload", "internal"));
      return Object.assign(resume(key, id), { complete });
    });
  }

  async function expectedDigests() {
    const digests = await Promise.all(PARTS.map((part) => sha256Hex(part)));
    const digest = await sha256Hex(concat(digests.map((hex) => Uint8Array.fromHex(hex))));
    return { digest, digests: { 1: digests[0], 2: digests[1], 3: digests[2] } };
  }

  test("is in the file once they are completed, and the digests of the parts remain", async () => {
    const { digest, digests } = await expectedDigests();
    const batch = await TestBatch.create([SIZE]);
    for (const part of [3, 1]) {
      const { parts } = await (await sendPart(batch, part)).json<SingleFileResource>();
      expect(parts).not.toHaveProperty("digest");
    }
    const completed = await (await sendPart(batch, 2)).json<SingleFileResource>();
    expect(completed).toMatchObject({ state: "completed", parts: { digest } });
    expect(completed.parts).not.toHaveProperty("digests");
    expect(await known(batch, "?digests=true")).toMatchObject({ parts: { digest, digests } });
    await evictDurableObject(env.BATCH.getByName(batch.id));
    expect(await known(batch, "?digests=true")).toMatchObject({ parts: { digest, digests } });
    expect(await (await sendPart(batch, 1)).json()).toMatchObject({ parts: { digest } });
  });

  test("is in the file while R2 does not complete it, and after the alarm has", async () => {
    const { digest, digests } = await expectedDigests();
    const batch = await TestBatch.create([SIZE]);
    failCompletion();
    for (const part of [1, 2, 3]) await sendPart(batch, part);
    const file = await known(batch, "");
    expect(file).toMatchObject({ parts: { received: [1, 2, 3], digest } });
    expect(file.state).not.toBe("completed");
    expect(file.parts).not.toHaveProperty("digests");
    vi.restoreAllMocks();
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    const completed = { state: "completed", parts: { digest, digests } };
    expect(await known(batch, "?digests=true")).toMatchObject(completed);
  });

  test("is computed if an earlier version of the Worker has completed the file", async () => {
    const { digest, digests } = await expectedDigests();
    const batch = await TestBatch.create([SIZE]);
    failCompletion();
    for (const part of [1, 2, 3]) await sendPart(batch, part);
    await runInDurableObject<BatchObject, unknown>(env.BATCH.getByName(batch.id), (object) =>
      object.applyEvents([
        { file: 0, event: "multipartCompleted", etag: "etag-3" },
        { file: 0, event: "processing", progress: 75 },
        { file: 0, event: "completed", properties: {} },
      ]),
    );
    const completed = { state: "completed", parts: { digest, digests } };
    expect(await known(batch, "?digests=true")).toMatchObject(completed);
    expect(await known(batch, "")).toMatchObject({ parts: { digest } });
  });

  test("is that of no file whose bytes came in one request", async () => {
    const batch = await TestBatch.create([SIZE]);
    await sendPart(batch, 1);
    const whole = noise(SIZE, 7);
    expect(await (await batch.put(0, whole)).json()).toMatchObject({
      state: "completed",
      sha256: await sha256Hex(whole),
    });
    const { parts } = await known(batch, "?digests=true");
    expect(parts).toEqual({
      partBytes: LIMITS.partBytes,
      count: 3,
      received: [1, 2, 3],
      digests: {},
    });
  });
});
