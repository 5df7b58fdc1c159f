import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type FilePage, LIMITS, type SingleFileResource } from "../../protocol/index.ts";
import { FaultyBucket } from "../../storage/testing/faulty-bucket.ts";
import { TestBatch } from "../testing/batch.ts";
import { noise } from "../testing/samples.ts";

const DAY_MS = 24 * 60 * 60_000;
const START = Date.parse("2026-11-20T12:00:00Z");
const EXPIRY = "2026-12-20T12:00:00.000Z";
const SIZE = LIMITS.partBytes + 4;

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: START }));

afterEach(() => void vi.useRealTimers());

const sendPart = async (batch: TestBatch, part: number) =>
  (
    await batch.call(`/files/0/parts/${part}`, {
      method: "PUT",
      body: part === 1 ? noise(LIMITS.partBytes) : "last",
    })
  ).json<SingleFileResource>();

/** Returns the file as a single file, and as one of a list. */
async function fileOf(batch: TestBatch) {
  const file = await (await batch.call("/files/0")).json<SingleFileResource>();
  const { files } = await (await batch.call("/files")).json<FilePage>();
  return [file.multipartExpiresAt, files[0]?.multipartExpiresAt];
}

test("a file in parts tells when it starts over, counted from its first part", async () => {
  const batch = await TestBatch.create([SIZE, 5]);
  expect(await fileOf(batch)).toEqual([undefined, undefined]);
  expect(await sendPart(batch, 2)).toMatchObject({ multipartExpiresAt: EXPIRY });
  vi.setSystemTime(START + 6 * DAY_MS);
  await sendPart(batch, 2);
  expect(await fileOf(batch)).toEqual([EXPIRY, EXPIRY]);
  await evictDurableObject(env.BATCH.getByName(batch.id));
  expect(await fileOf(batch)).toEqual([EXPIRY, EXPIRY]);
  expect(await sendPart(batch, 1)).not.toHaveProperty("multipartExpiresAt");
  expect(await fileOf(batch)).toEqual([undefined, undefined]);
});

test("a cancelled file does not start over", async () => {
  const batch = await TestBatch.create([SIZE]);
  await sendPart(batch, 2);
  await (await batch.call("/files/0", { method: "DELETE" })).body?.cancel();
  expect(await fileOf(batch)).toEqual([undefined, undefined]);
});

test("a file that starts over has 30 days again", async () => {
  const batch = await TestBatch.create([SIZE]);
  const bucket = new FaultyBucket([]);
  await sendPart(batch, 2);
  // R2's lifecycle rule.
  await Promise.all(bucket.uploads.map((upload) => upload.abort()));
  vi.restoreAllMocks();
  vi.setSystemTime(START + DAY_MS);
  // The first attempt shows that R2 has lost the multipart upload.
  for (const part of [1, 1]) await sendPart(batch, part);
  expect(await fileOf(batch)).toEqual(["2026-12-21T12:00:00.000Z", "2026-12-21T12:00:00.000Z"]);
});
