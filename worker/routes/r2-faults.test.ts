import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { sha256Hex } from "../upload/digest.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import {
  type Fault,
  FaultyBucket,
  R2_CALLS,
  FAULT_KINDS,
} from "../../storage/testing/faulty-bucket.ts";
import { PersistentClient } from "../testing/persistent-client.ts";
import { expectCrc32s } from "../testing/stored-crc32s.ts";
import { noise } from "../testing/samples.ts";
import { expectedTotals } from "../testing/tally.ts";
import { eventually, type TestWatcher } from "../testing/watcher.ts";

/** Contents of three bundled files, one of them empty, one sent alone and one of two parts. */
const CONTENTS = [3000, 0, 5, 70_000, LIMITS.partBytes + 5].map((size, seed) => noise(size, seed));
const ALONE = new Set([3]);
const LARGE = 4;

let digests: string[];

beforeAll(async () => {
  digests = await Promise.all(CONTENTS.map(sha256Hex));
});

beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function newBatch(): Promise<TestBatch> {
  return TestBatch.create(CONTENTS.map(({ length }) => length));
}

/** Advances the clock and runs the batch's alarm. */
async function runAlarmAfter(minutes: number, batch: TestBatch): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
  await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
}

/** Returns the file id and digest of each object of the batch. */
async function storedIn(batch: TestBatch): Promise<[file: number, sha256: string][]> {
  const { objects } = await env.BUCKET.list({ prefix: `${batch.id}/` });
  const stored = objects.map(async ({ key }): Promise<[number, string]> => {
    const bytes = await (await env.BUCKET.get(key))?.bytes();
    return [Number(key.split("/")[1]), await sha256Hex(bytes ?? new Uint8Array())];
  });
  return Promise.all(stored);
}

/** Expects that every file is stored once with its own content, and that the tally agrees. */
async function expectAllStored(batch: TestBatch): Promise<void> {
  const files = await batch.files();
  expect(files.map(({ state }) => state)).toEqual(CONTENTS.map(() => "completed"));
  expect(await batch.status()).toMatchObject({ state: "completed", ...expectedTotals(files) });
  expect(await storedIn(batch)).toEqual([...digests.entries()]);
  await expectCrc32s(batch.id);
}

/** Expects that the watcher got each file's completion once, and uploadCompleted with all files. */
async function expectCompletedOnce(watcher: TestWatcher): Promise<void> {
  // A batch that completes with a failure completes again after its retry.
  const { length } = CONTENTS;
  await eventually(() =>
    watcher.frames.some((f) => f.event === "uploadCompleted" && f.summary.completed === length),
  );
  const completed = watcher.rows("uploadProgress").filter(([, state]) => state === "completed");
  expect(completed.map(([id]) => id).toSorted((a, b) => a - b)).toEqual([...CONTENTS.keys()]);
}

/** Uploads all files while R2 has these faults. Returns the faults that no call has met. */
async function uploadThrough(faults: readonly Fault[]): Promise<readonly Fault[]> {
  const batch = await newBatch();
  const watcher = await batch.watch();
  await watcher.next("snapshot");
  const bucket = new FaultyBucket(faults);
  try {
    await new PersistentClient(batch, CONTENTS).upload(ALONE);
  } finally {
    vi.restoreAllMocks();
  }
  await expectCompletedOnce(watcher);
  watcher.close();
  await expectAllStored(batch);
  await runAlarmAfter(2, batch);
  expect(await bucket.hasOpenUpload()).toBe(false);
  return bucket.remaining;
}

describe("every file is stored once with its own content if R2", () => {
  const always = ["put", "createMultipartUpload", "uploadPart", "complete"] as const;
  const cases = always.flatMap((call) => FAULT_KINDS.map((kind) => ({ call, kind })));

  test.each(cases)("fails in $call: $kind", async (fault) => {
    expect(await uploadThrough([fault])).toEqual([]);
  });

  test("fails while a large file is sent whole, then in parts", async () => {
    const batch = await newBatch();
    const bucket = new FaultyBucket([{ call: "put", kind: "internal error" }]);
    const whole = await batch.put(LARGE, CONTENTS[LARGE] ?? "");
    expect(await readProblem(whole)).toMatchObject({ code: "storage_failed" });
    await new PersistentClient(batch, CONTENTS).upload(ALONE);
    await expectAllStored(batch);
    expect(bucket.remaining).toEqual([]);
  });

  test("stores a file but fails the call, and the next one", async () => {
    const faults = ["put", "head", "complete", "head"] as const;
    const kind = "internal error after the effect";
    expect(await uploadThrough(faults.map((call) => ({ call, kind })))).toEqual([]);
  });

  const seed = Math.trunc(Math.random() * 2 ** 32);
  const fault = fc.record({
    call: fc.constantFrom(...R2_CALLS),
    kind: fc.constantFrom(...FAULT_KINDS),
  });

  test(`fails at random (seed ${seed})`, async () => {
    const run = fc.asyncProperty(fc.array(fault, { maxLength: 16 }), async (faults) => {
      expect((await uploadThrough(faults)).length).toBeLessThanOrEqual(faults.length);
    });
    await fc.assert(run, { seed, numRuns: 12 });
  });
});

describe("a large file's multipart upload", () => {
  const sendPart = (batch: TestBatch, part: number, body: Uint8Array<ArrayBuffer>) =>
    batch.call(`/files/${LARGE}/parts/${part}`, { method: "PUT", body });
  const last = CONTENTS[LARGE]?.slice(LIMITS.partBytes) ?? new Uint8Array();

  test.each(FAULT_KINDS)(
    "is aborted after the file is cancelled, even if the first abort fails: %s",
    async (kind) => {
      const batch = await newBatch();
      const bucket = new FaultyBucket([{ call: "abort", kind }]);
      await sendPart(batch, 2, last);
      await batch.call(`/files/${LARGE}`, { method: "DELETE" });
      await runAlarmAfter(0, batch);
      await runAlarmAfter(2, batch);
      expect(bucket.remaining).toEqual([]);
      expect(bucket.uploads).toHaveLength(1);
      expect(await bucket.hasOpenUpload()).toBe(false);
      expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
    },
  );

  test.each(FAULT_KINDS)(
    "remains the only one if two parts create one each, even if the first abort fails: %s",
    async (kind) => {
      const batch = await newBatch();
      const bucket = new FaultyBucket([{ call: "abort", kind }]);
      const both = [sendPart(batch, 2, last), sendPart(batch, 2, last)];
      expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
      expect(bucket.uploads).toHaveLength(2);
      await runAlarmAfter(2, batch);
      await runAlarmAfter(2, batch);
      expect(bucket.remaining).toEqual([]);
      await new PersistentClient(batch, CONTENTS).upload(ALONE);
      await expectAllStored(batch);
      expect(await bucket.hasOpenUpload()).toBe(false);
    },
  );

  test("may be aborted by a lifecycle rule, and the file is sent again", async () => {
    const batch = await newBatch();
    const bucket = new FaultyBucket([]);
    await sendPart(batch, 2, last);
    await Promise.all(bucket.uploads.map((upload) => upload.abort()));
    await new PersistentClient(batch, CONTENTS).upload(ALONE);
    await expectAllStored(batch);
    await runAlarmAfter(2, batch);
    expect(await bucket.hasOpenUpload()).toBe(false);
  });
});
