import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FileEvent } from "../../durable-objects/index.ts";
import { fileError, LIMITS, type SingleFileResource } from "../../protocol/index.ts";
import { partsDigest } from "../../storage/digests.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { breakCalls } from "../testing/broken-calls.ts";
import { utf8 } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";
import { expectCrc32s } from "../testing/stored-crc32s.ts";
import { sha256Hex } from "./digest.ts";

const FIRST = noise(LIMITS.partBytes);
const LAST = "last";
const SIZE = LIMITS.partBytes + LAST.length;
/** A part that no completion names. */
const PROBE = 9;
const FAILED = fileError("checksum_mismatch", "Again.");

const wait = scheduler.wait.bind(scheduler);

/** Polls, because workerd does not resume a request when a promise of another one is settled. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await wait(5);
}

/** One call of `complete`. It may call R2. */
type Complete = (callR2: () => Promise<R2Object>) => Promise<R2Object>;

let batch: TestBatch;
/** The multipart uploads created so far. */
let opened: R2MultipartUpload[];
/** The next calls of `complete`. Further ones reach R2. */
let completes: Complete[];
/** True once the test has ended. */
let isOver: boolean;
/** Called after R2 has stored a part. */
let onPart: (part: number) => Promise<void>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  vi.spyOn(console, "error").mockReturnValue();
  skipWaits();
  [opened, completes, onPart, isOver] = [[], [], () => Promise.resolve(), false];
  wrapBucket();
  batch = await TestBatch.create([SIZE]);
});

afterEach(() => {
  isOver = true;
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function wrapBucket(): void {
  const { BUCKET } = env;
  const create = BUCKET.createMultipartUpload.bind(BUCKET);
  const resume = BUCKET.resumeMultipartUpload.bind(BUCKET);
  vi.spyOn(BUCKET, "createMultipartUpload").mockImplementation(async (...args) => {
    const upload = await create(...args);
    opened.push(upload);
    return upload;
  });
  vi.spyOn(BUCKET, "resumeMultipartUpload").mockImplementation((key, id) => {
    const upload = resume(key, id);
    return {
      key: upload.key,
      uploadId: upload.uploadId,
      abort: () => upload.abort(),
      uploadPart: async (...args) => {
        const part = await upload.uploadPart(...args);
        await onPart(part.partNumber);
        return part;
      },
      complete: (parts) => {
        const next = completes.shift() ?? ((callR2) => callR2());
        return next(() => upload.complete(parts));
      },
    };
  });
}

const fails =
  (failure: "noSuchUpload" | "invalidPart" | "internal"): Complete =>
  () =>
    Promise.reject(r2Error("completeMultipartUpload", failure));

/** A completion that ends when the test says so. */
function slowCompletion() {
  const state = { hasStarted: false, isReleased: false };
  const complete: Complete = async (callR2) => {
    state.hasStarted = true;
    await until(() => state.isReleased || isOver);
    return callR2();
  };
  const started = () => until(() => state.hasStarted);
  const release = () => void (state.isReleased = true);
  return { complete, started, release };
}

/** The Worker of a completion ends before R2 responds. */
async function lost(): Promise<never> {
  await until(() => isOver);
  throw new Error("The test is over.");
}

function send(part: number, body: BodyInit = part === 1 ? FIRST : LAST, headers = {}) {
  return batch.call(`/files/0/parts/${part}`, { method: "PUT", body, headers });
}

/** Sends a part without waiting. The runtime ends a request that outlives its test. */
function startSending(part: number): void {
  send(part).catch(() => undefined);
}

async function file(): Promise<SingleFileResource> {
  return (await batch.call("/files/0")).json<SingleFileResource>();
}

async function received(): Promise<readonly number[] | undefined> {
  return (await file()).parts?.received;
}

function apply(...events: FileEvent[]) {
  return env.BATCH.getByName(batch.id).applyEvents(events);
}

/** Advances the clock and runs the batch's alarm. */
async function alarmAfter(seconds: number): Promise<boolean> {
  vi.setSystemTime(Date.now() + seconds * 1000);
  return runDurableObjectAlarm(env.BATCH.getByName(batch.id));
}

/** Restarts the batch's object. Its timers, which it would wait for, are forgotten. */
async function restart(): Promise<void> {
  const now = Date.now();
  vi.clearAllTimers();
  vi.setSystemTime(now);
  await evictDurableObject(env.BATCH.getByName(batch.id));
}

async function content(): Promise<Uint8Array | undefined> {
  const { objects } = await env.BUCKET.list({ prefix: `${batch.id}/` });
  expect(objects.length).toBeLessThanOrEqual(1);
  const [object] = objects;
  return object && (await env.BUCKET.get(object.key))?.bytes();
}

/** True if R2 still has one of the multipart uploads. */
async function hasOpenUpload(): Promise<boolean> {
  const probes = opened.map((upload) => upload.uploadPart(PROBE, "probe"));
  return (await Promise.allSettled(probes)).some(({ status }) => status === "fulfilled");
}

/** Expects that the file is complete, that R2 has nothing else, and that nothing is left to do. */
async function expectStored(): Promise<void> {
  const object = await env.BUCKET.head(`${batch.id}/0/${SIZE}-bytes`);
  expect(await file()).toMatchObject({ state: "completed", etag: object?.etag });
  const bytes = await content();
  expect(bytes?.length).toBe(SIZE);
  expect(bytes?.subarray(LIMITS.partBytes)).toEqual(new TextEncoder().encode(LAST));
  await expectCrc32s(batch.id);
  await expectSettled();
}

/** Expects that R2 has no multipart upload, and that the batch has no work, after a few minutes. */
async function expectSettled(): Promise<void> {
  for (let minutes = 0; minutes < 4; minutes++) await alarmAfter(60);
  expect(await hasOpenUpload()).toBe(false);
  const records = await runInDurableObject(env.BATCH.getByName(batch.id), (_, { storage }) =>
    storage.kv.get<object[]>("records/000000"),
  );
  for (const record of records ?? []) {
    for (const field of ["multipart", "orphans", "claim"]) expect(record).not.toHaveProperty(field);
  }
}

describe("a part that is sent twice at once", () => {
  /** Sends the part twice. R2 stores the second one last. */
  async function sendTwice(part: number, order: "same" | "reverse", second: BodyInit, digest = "") {
    let stored = 0;
    const reported = new Set<number>();
    onPart = async () => {
      const index = stored++;
      await until(() => reported.has(index));
    };
    const first = send(part);
    await until(() => stored === 1);
    const headers = digest === "" ? {} : { "Content-Digest": digest };
    const both = [first, send(part, second, headers)] as const;
    await until(() => stored === 2);
    for (const index of order === "same" ? ([0, 1] as const) : ([1, 0] as const)) {
      reported.add(index);
      await both[index];
    }
    onPart = () => Promise.resolve();
    return Promise.all(both);
  }

  test.each(["same", "reverse"] as const)(
    "does not lose the file if it is the last one (reported in the %s order)",
    async (order) => {
      await send(1);
      const responses = await sendTwice(2, order, LAST);
      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
      expect((await file()).receivedBytes).toBe(SIZE);
      await alarmAfter(60);
      await expectStored();
    },
  );

  test("is completed with the content that R2 has, if it was reported in the other order", async () => {
    await sendTwice(2, "reverse", LAST);
    expect(await (await send(1)).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });

  test("is requested again if its content in R2 is not known", async () => {
    await send(1);
    // The second request replaces the part, and then finds that its bytes have the wrong digest.
    const digest = `sha-256=:${btoa("\0".repeat(32))}:`;
    await sendTwice(2, "same", "lost", digest);
    expect(await file()).toMatchObject({ receivedBytes: SIZE });
    await alarmAfter(61);
    expect(await received()).toEqual([1, 2]);
    await alarmAfter(60);
    await alarmAfter(60);
    expect(await file()).toMatchObject({ state: "queued", receivedBytes: LIMITS.partBytes });
    expect(await received()).toEqual([1]);
    expect(await (await send(2)).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });

  test("is requested again if it was admitted before a restart as well", async () => {
    await send(1);
    await env.BATCH.getByName(batch.id).admitPart(0, 2);
    await restart();
    // The earlier request stores its bytes last, and ends without a report.
    onPart = async () => void (await opened[0]?.uploadPart(2, "lost"));
    await send(2);
    onPart = () => Promise.resolve();
    for (let minutes = 0; minutes < 3; minutes++) await alarmAfter(61);
    expect(await received()).toEqual([1]);
    expect(await (await send(2)).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });

  test("is requested again if it was admitted before a restart, and its upload opened later", async () => {
    await env.BATCH.getByName(batch.id).admitPart(0, 2);
    await restart();
    onPart = async () => void (await opened[0]?.uploadPart(2, "lost"));
    await send(2);
    onPart = () => Promise.resolve();
    // From now on, part 1 counts as repeated as well. To request only that one again would never end.
    await restart();
    await send(1);
    for (let minutes = 0; minutes < 3; minutes++) await alarmAfter(61);
    expect(await received()).toEqual([]);
    await send(1);
    expect(await (await send(2)).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });
});

describe("a completion that takes long", () => {
  test.each([false, true])(
    "is not repeated within a minute, and its success counts (restarted: %s)",
    async (isRestarted) => {
      const slow = slowCompletion();
      completes = [slow.complete, fails("noSuchUpload"), fails("invalidPart")];
      await send(1);
      const response = send(2);
      await slow.started();
      if (isRestarted) await restart();
      await alarmAfter(50);
      expect(completes).toHaveLength(2);
      await alarmAfter(15);
      await alarmAfter(60);
      expect(completes).toHaveLength(0);
      expect(await received()).toEqual([1, 2]);
      slow.release();
      expect(await (await response).json()).toMatchObject({ state: "completed" });
      await expectStored();
    },
  );

  /** Completes the file so slowly that the batch counts its upload as lost. */
  async function loseSlowUpload() {
    const slow = slowCompletion();
    completes = [slow.complete, ...Array.from({ length: 9 }, () => fails("noSuchUpload"))];
    await send(1);
    const response = send(2);
    await slow.started();
    for (let minutes = 0; minutes < 4; minutes++) await alarmAfter(61);
    expect(await file()).toMatchObject({ state: "queued", receivedBytes: 0 });
    expect(await received()).toEqual([]);
    completes = [];
    return { response, release: slow.release };
  }

  test("counts even after the file has started over", async () => {
    const { response, release } = await loseSlowUpload();
    release();
    expect(await (await response).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });

  test("counts even after another multipart upload was opened", async () => {
    const { response, release } = await loseSlowUpload();
    await send(1);
    expect(opened).toHaveLength(2);
    release();
    expect(await (await response).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });

  test("counts even after another request has failed", async () => {
    const slow = slowCompletion();
    completes = [slow.complete];
    await send(1);
    const response = send(2);
    await slow.started();
    await apply({ file: 0, event: "failed", error: FAILED });
    expect(await batch.status()).toMatchObject({ state: "completed", totals: { failed: 1 } });
    slow.release();
    expect(await (await response).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });

  test("is found by the cleanup if its request has ended without a report", async () => {
    const slow = slowCompletion();
    completes = [
      async (callR2) => {
        await slow.complete(callR2);
        return lost();
      },
      ...Array.from({ length: 9 }, () => fails("noSuchUpload")),
    ];
    await send(1);
    startSending(2);
    await slow.started();
    for (let minutes = 0; minutes < 4; minutes++) await alarmAfter(61);
    expect(await file()).toMatchObject({ state: "queued", receivedBytes: 0 });
    slow.release();
    await expect.poll(content).toHaveLength(SIZE);
    await expectSettled();
    await expectStored();
  });
});

describe("a completion whose response is lost", () => {
  test("is found by a part that was requested again meanwhile", async () => {
    await send(1);
    let parts = 0;
    let isReported = false;
    onPart = async () => {
      if (parts++ === 0) await until(() => isReported);
    };
    const other = send(2);
    await until(() => parts === 1);
    const slow = slowCompletion();
    completes = [
      async (callR2) => {
        await slow.complete(callR2);
        return lost();
      },
      ...Array.from({ length: 9 }, () => fails("invalidPart")),
    ];
    startSending(2);
    await slow.started();
    isReported = true;
    await other;
    for (let minutes = 0; minutes < 4; minutes++) await alarmAfter(61);
    expect(await received()).toEqual([1]);
    slow.release();
    await expect.poll(content).toHaveLength(SIZE);
    onPart = () => Promise.resolve();
    expect(await (await send(2)).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });

  test("is announced once, also to a watcher that comes back after the cleanup", async () => {
    await send(1);
    completes = [(callR2) => callR2().then(() => fails("internal")(callR2))];
    await send(2);
    const { rev, state } = await batch.status();
    expect(state).toBe("completed");
    await expectSettled();
    const watcher = await batch.watch(rev);
    await expect.poll(() => watcher.frames.length).toBeGreaterThan(0);
    expect(watcher.frames.map(({ event }) => event)).toEqual(["snapshot"]);
  });

  test("is found by the alarm", async () => {
    completes = [(callR2) => callR2().then(lost)];
    await send(1);
    startSending(2);
    await expect.poll(content).toHaveLength(SIZE);
    await restart();
    await alarmAfter(61);
    await expectStored();
  });

  test("is found by the next request if R2 fails in head as well", async () => {
    await send(1);
    completes = [(callR2) => callR2().then(() => fails("internal")(callR2))];
    const head = vi.spyOn(env.BUCKET, "head");
    for (let calls = 0; calls < 3; calls++) {
      head.mockRejectedValueOnce(r2Error("head", "internal"));
    }
    expect(await readProblem(await send(2))).toMatchObject({ code: "storage_failed" });
    expect(await file()).toMatchObject({ receivedBytes: SIZE });
    expect(await (await send(2)).json()).toMatchObject({ state: "completed" });
    await expectStored();
  });

  test("counts if the batch can't be told", async () => {
    await send(1);
    completes = [
      async (callR2) => {
        const object = await callR2();
        breakCalls("applyEvents", "releaseCompletion");
        return object;
      },
    ];
    expect(await readProblem(await send(2))).toMatchObject({ status: 503, code: "busy" });
    vi.spyOn(env.BATCH, "getByName").mockRestore();
    expect(await file()).toMatchObject({ receivedBytes: SIZE });
    await alarmAfter(61);
    await expectStored();
  });
});

describe("digests are those of the object if two senders' contents of a part differ", () => {
  /** Sends two contents of the last part. The one that R2 stores first is reported during the completion. */
  async function completeAmbiguous(complete: Complete): Promise<void> {
    await send(1);
    let parts = 0;
    let isReported = false;
    onPart = async () => {
      if (parts++ === 0) await until(() => isReported);
    };
    let isOtherDone = false;
    void send(2, "LAST").then(() => (isOtherDone = true));
    await until(() => parts === 1);
    completes = [
      async (callR2) => {
        isReported = true;
        await until(() => isOtherDone);
        return complete(callR2);
      },
    ];
    startSending(2);
    await expect.poll(content).toHaveLength(SIZE);
  }

  test.each([
    ["succeeds", (callR2) => callR2()],
    ["has no response", (callR2) => callR2().then(lost)],
  ] satisfies [string, Complete][])("and the completion %s", async (_, complete) => {
    await completeAmbiguous(complete);
    await alarmAfter(61);
    await expect.poll(file).toMatchObject({ state: "completed" });
    await expectStored();
    const response = await batch.call("/files/0?digests=true");
    const digests = [await sha256Hex(FIRST), await sha256Hex(utf8(LAST))] as const;
    expect((await response.json<SingleFileResource>()).parts).toMatchObject({
      digest: await partsDigest(digests),
      digests: { 1: digests[0], 2: digests[1] },
    });
  });
});

test("a multipart upload that R2 has lost is tried for two minutes, then the file starts over", async () => {
  await send(1);
  onPart = () => opened[0]?.abort() ?? Promise.resolve();
  const response = await send(2);
  expect([response.status, await response.json()]).toMatchObject([
    200,
    { state: "uploading", receivedBytes: SIZE, parts: { received: [1, 2] } },
  ]);
  onPart = () => Promise.resolve();
  await alarmAfter(60);
  expect(await received()).toEqual([1, 2]);
  await alarmAfter(61);
  expect(await file()).toMatchObject({ state: "queued", receivedBytes: 0 });
  await send(2);
  expect(await (await send(1)).json()).toMatchObject({ state: "completed" });
  await expectStored();
});

test("a request that finds its part stored by another one completes the file", async () => {
  await send(1);
  completes = Array.from({ length: 3 }, () => fails("invalidPart"));
  let parts = 0;
  let isReturned = false;
  // The first request looks for its part once the second one has tried to complete the file.
  onPart = async () => {
    if (parts++ === 0) await until(() => isReturned);
  };
  const digest = `sha-256=:${btoa("\0".repeat(32))}:`;
  const first = send(2, LAST, { "Content-Digest": digest });
  await until(() => parts === 1);
  expect(await (await send(2)).json()).toMatchObject({ state: "uploading" });
  isReturned = true;
  expect(await (await first).json()).toMatchObject({ state: "completed" });
  await expectStored();
});

test("a file whose completion has failed in the alarm is free for the next request", async () => {
  await send(1);
  completes = Array.from({ length: 4 }, () => fails("internal"));
  await send(2);
  await alarmAfter(61);
  expect(completes).toHaveLength(0);
  expect(await (await send(2)).json()).toMatchObject({ state: "completed" });
  await expectStored();
});

describe("a file that is cancelled while it is completed", () => {
  const ways: Record<string, () => Promise<Response>> = {
    "as a file": () => batch.call("/files/0", { method: "DELETE" }),
    "with its batch": () => batch.call("/cancel", { method: "POST" }),
    "by deleting its batch": () => batch.call("", { method: "DELETE" }),
  };

  test.each(Object.keys(ways))(
    "leaves nothing in R2, and is not aborted at once: %s",
    async (way) => {
      const slow = slowCompletion();
      completes = [slow.complete];
      await send(1);
      const response = send(2);
      await slow.started();
      await ways[way]?.();
      await alarmAfter(0);
      await alarmAfter(60);
      expect(await hasOpenUpload()).toBe(true);
      slow.release();
      await response;
      for (let minutes = 0; minutes < 4; minutes++) await alarmAfter(60);
      expect(await content()).toBeUndefined();
      expect(await hasOpenUpload()).toBe(false);
    },
  );

  test.each(Object.keys(ways))("leaves nothing if the request has ended: %s", async (way) => {
    const slow = slowCompletion();
    completes = [(callR2) => slow.complete(callR2).then(lost)];
    await send(1);
    startSending(2);
    await slow.started();
    await ways[way]?.();
    await alarmAfter(0);
    slow.release();
    await expect.poll(content).toHaveLength(SIZE);
    for (let minutes = 0; minutes < 12; minutes++) await alarmAfter(60);
    expect(await content()).toBeUndefined();
    expect(await hasOpenUpload()).toBe(false);
    if (way === "as a file") await expectSettled();
  });

  test("leaves nothing if the alarm completes it", async () => {
    completes = Array.from({ length: 3 }, () => fails("internal"));
    await send(1);
    await send(2);
    completes = [
      async (callR2) => {
        await ways["as a file"]?.();
        return callR2();
      },
    ];
    await alarmAfter(61);
    expect(await file()).toMatchObject({ state: "cancelled" });
    await expectSettled();
    expect(await content()).toBeUndefined();
  });
});
