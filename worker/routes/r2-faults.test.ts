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
  WAYS_TO_FAIL,
} from "../../storage/testing/faulty-bucket.ts";
import { PersistentClient } from "../testing/persistent-client.ts";
import { noise } from "../testing/samples.ts";
import { expectedTotals } from "../testing/tally.ts";
import { eventually, type TestWatcher } from "../testing/watcher.ts";

/** Three that share a bundle, one of them empty; one that goes alone; one in two parts. */
const CONTENTS = [3000, 0, 5, 70_000, LIMITS.partBytes + 5].map((size, seed) => noise(size, seed));
const ALONE = new Set([3]);
const PARTED = 4;

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

/** Lets so many minutes pass, and then the batch's alarm ring. */
async function ringAfter(minutes: number, batch: TestBatch): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
  await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
}

/** Each object that R2 has of the batch: its file, and its content's digest. */
async function storedIn(batch: TestBatch): Promise<[file: number, sha256: string][]> {
  const { objects } = await env.BUCKET.list({ prefix: `${batch.id}/` });
  const stored = objects.map(async ({ key }): Promise<[number, string]> => {
    const bytes = await (await env.BUCKET.get(key))?.bytes();
    return [Number(key.split("/")[1]), await sha256Hex(bytes ?? new Uint8Array())];
  });
  return Promise.all(stored);
}

/** Every file is there once, with its own content, and the tally says so. */
async function expectAllStored(batch: TestBatch): Promise<void> {
  const files = await batch.files();
  expect(files.map(({ state }) => state)).toEqual(CONTENTS.map(() => "completed"));
  expect(await batch.status()).toMatchObject({ state: "completed", ...expectedTotals(files) });
  expect(await storedIn(batch)).toEqual([...digests.entries()]);
}

/** The watcher has heard of each file's completion once, and of the batch's with all of them. */
async function expectToldOnce(watcher: TestWatcher): Promise<void> {
  // A batch that ends with a failure ends once more after its retry.
  const { length } = CONTENTS;
  await eventually(() =>
    watcher.frames.some((f) => f.event === "uploadCompleted" && f.summary.completed === length),
  );
  const completed = watcher.rows("uploadProgress").filter(([, state]) => state === "completed");
  expect(completed.map(([id]) => id).toSorted((a, b) => a - b)).toEqual([...CONTENTS.keys()]);
}

/** Uploads all files while R2 has these faults; the answer is those that no call has met. */
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
  await expectToldOnce(watcher);
  watcher.close();
  await expectAllStored(batch);
  await ringAfter(2, batch);
  expect(await bucket.hasOpenUpload()).toBe(false);
  return bucket.left;
}

describe("every file is stored once, with its own content, though R2", () => {
  const always = ["put", "createMultipartUpload", "uploadPart", "complete"] as const;
  const cases = always.flatMap((call) => WAYS_TO_FAIL.map((way) => ({ call, way })));

  test.each(cases)("fails in $call: $way", async (fault) => {
    expect(await uploadThrough([fault])).toEqual([]);
  });

  test("fails in a large file that somebody sends whole, and then in parts", async () => {
    const batch = await newBatch();
    const bucket = new FaultyBucket([{ call: "put", way: "broken" }]);
    const whole = await batch.put(PARTED, CONTENTS[PARTED] ?? "");
    expect(await readProblem(whole)).toMatchObject({ code: "storage_failed" });
    await new PersistentClient(batch, CONTENTS).upload(ALONE);
    await expectAllStored(batch);
    expect(bucket.left).toEqual([]);
  });

  test("stores, cannot say so, and then cannot be asked either", async () => {
    const faults = ["put", "head", "complete", "head"] as const;
    const way = "done, then broken";
    expect(await uploadThrough(faults.map((call) => ({ call, way })))).toEqual([]);
  });

  const seed = Math.trunc(Math.random() * 2 ** 32);
  const fault = fc.record({
    call: fc.constantFrom(...R2_CALLS),
    way: fc.constantFrom(...WAYS_TO_FAIL),
  });

  test(`fails in anything, however often (seed ${seed})`, { timeout: 60_000 }, async () => {
    const run = fc.asyncProperty(fc.array(fault, { maxLength: 16 }), async (faults) => {
      expect((await uploadThrough(faults)).length).toBeLessThanOrEqual(faults.length);
    });
    await fc.assert(run, { seed, numRuns: 12 });
  });
});

describe("what R2 holds of a large file", () => {
  const sendPart = (batch: TestBatch, part: number, body: Uint8Array<ArrayBuffer>) =>
    batch.call(`/files/${PARTED}/parts/${part}`, { method: "PUT", body });
  const last = CONTENTS[PARTED]?.slice(LIMITS.partBytes) ?? new Uint8Array();

  test.each(WAYS_TO_FAIL)(
    "is given up once the file is called off, though that fails at first: %s",
    async (way) => {
      const batch = await newBatch();
      const bucket = new FaultyBucket([{ call: "abort", way }]);
      await sendPart(batch, 2, last);
      await batch.call(`/files/${PARTED}`, { method: "DELETE" });
      await ringAfter(0, batch);
      await ringAfter(2, batch);
      expect(bucket.left).toEqual([]);
      expect(bucket.uploads).toHaveLength(1);
      expect(await bucket.hasOpenUpload()).toBe(false);
      expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
    },
  );

  test.each(WAYS_TO_FAIL)(
    "is in one place, though two parts open one each, and giving one up fails at first: %s",
    async (way) => {
      const batch = await newBatch();
      const bucket = new FaultyBucket([{ call: "abort", way }]);
      const both = [sendPart(batch, 2, last), sendPart(batch, 2, last)];
      expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
      expect(bucket.uploads).toHaveLength(2);
      await ringAfter(2, batch);
      await ringAfter(2, batch);
      expect(bucket.left).toEqual([]);
      await new PersistentClient(batch, CONTENTS).upload(ALONE);
      await expectAllStored(batch);
      expect(await bucket.hasOpenUpload()).toBe(false);
    },
  );

  test("may be lost, as when a rule of the bucket gives up what is old: it is sent again", async () => {
    const batch = await newBatch();
    const bucket = new FaultyBucket([]);
    await sendPart(batch, 2, last);
    await Promise.all(bucket.uploads.map((upload) => upload.abort()));
    await new PersistentClient(batch, CONTENTS).upload(ALONE);
    await expectAllStored(batch);
    await ringAfter(2, batch);
    expect(await bucket.hasOpenUpload()).toBe(false);
  });
});
