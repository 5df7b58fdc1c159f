import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Batch } from "../../durable-objects/index.ts";
import { LIMITS } from "../../protocol/index.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { concat, utf8 } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";
import { sha256Hex } from "../upload/digest.ts";

afterEach(() => void vi.restoreAllMocks());

const SHA256 = "0".repeat(64);

describe("CHECK_BYTES", () => {
  const LIMIT = 2 * LIMITS.bundleBytes;
  const create = (files: readonly object[], limit = String(LIMIT)) =>
    callWith({ CHECK_BYTES: limit }, "/v1/batches", {
      method: "POST",
      body: JSON.stringify({ files }),
    });

  test("refuses the declaration of a digest that is not checked, and says what to do", async () => {
    const response = await create([
      { name: "small", size: 1, sha256: SHA256 },
      { name: "large", size: LIMIT, sha256: SHA256 },
      { name: "larger", size: LIMIT + 1, sha256: SHA256 },
      { name: "without a digest", size: LIMIT + 1 },
    ]);
    const problem = await readProblem(response);
    expect(problem).toMatchObject({ status: 422, code: "invalid_files" });
    const detail = expect.stringMatching(/16777216 bytes.*declare the file without it/u);
    expect(problem.errors).toEqual([{ index: 2, detail }]);
  });

  test("does not matter to files that one request can send, and 0 is no limit", async () => {
    const small = { name: "small", size: LIMITS.bundleBytes, sha256: SHA256 };
    const large = { name: "large", size: LIMITS.fileBytes, sha256: SHA256 };
    expect((await create([small], "1")).status).toBe(201);
    expect((await create([small, large], "0")).status).toBe(201);
    expect((await create([large], "1")).status).toBe(422);
  });
});

describe("the declared digest of a file in parts", () => {
  const SIZE = LIMITS.partBytes + 4;
  const [LAST, WRONG] = [utf8("last"), utf8("lost")];
  const PARTS = [noise(LIMITS.partBytes), LAST];

  const object = (batch: TestBatch) => env.BATCH.getByName(batch.id);
  const stored = (batch: TestBatch) => env.BUCKET.head(`${batch.id}/0/file`);
  const sendPart = (batch: TestBatch, part: number, body = PARTS[part - 1]) =>
    batch.call(`/files/0/parts/${part}`, { method: "PUT", body: body ?? null });

  async function createBatch(): Promise<{ batch: TestBatch; sha256: string }> {
    const sha256 = await sha256Hex(concat(PARTS));
    return { batch: await TestBatch.create([{ name: "file", size: SIZE, sha256 }]), sha256 };
  }

  /** Sends all parts, the last one last. Returns the last response. */
  async function send(batch: TestBatch, last = PARTS[1]): Promise<Response> {
    expect((await sendPart(batch, 1)).status).toBe(200);
    return sendPart(batch, 2, last);
  }

  const failReads = () => vi.spyOn(env.BUCKET, "get").mockRejectedValue(r2Error("get", "internal"));

  async function runAlarmAt(batch: TestBatch, time: number): Promise<void> {
    vi.spyOn(Date, "now").mockReturnValue(time);
    await runDurableObjectAlarm(object(batch));
  }

  /** Runs the alarm as if `seconds` had passed, and waits for the outcome of the check that it starts. */
  async function runAlarmIn(batch: TestBatch, seconds: number, state: string): Promise<void> {
    await runAlarmAt(batch, Date.now() + seconds * 1000);
    await expect.poll(async () => (await batch.file(0)).state).toBe(state);
    vi.mocked(Date.now).mockRestore();
  }

  test("is checked before the file is completed", async () => {
    const { batch, sha256 } = await createBatch();
    const watcher = await batch.watch();
    const response = await send(batch);
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { state: "completed", sha256, progress: 100, parts: { digest: expect.any(String) } },
    ]);
    const states = () =>
      watcher.rows("uploadProgress").map(([, state, progress]) => `${state} ${progress}`);
    await expect.poll(() => states().at(-1)).toBe("completed 100");
    expect(states().slice(-3)).toEqual(["uploading 50", "processing 75", "completed 100"]);
  });

  test("fails a file with other bytes, which can be sent again", async () => {
    const { batch, sha256 } = await createBatch();
    const problem = await readProblem(await send(batch, WRONG));
    expect(problem).toMatchObject({ status: 422, code: "checksum_mismatch" });
    expect(await batch.file(0)).toMatchObject({
      state: "failed",
      error: { code: "checksum_mismatch", retryable: true },
      parts: { received: [] },
    });
    expect(await stored(batch)).toBeNull();
    expect(await (await send(batch)).json()).toMatchObject({ state: "completed", sha256 });
    await runDurableObjectAlarm(object(batch));
    expect((await stored(batch))?.etag).toBe((await batch.file(0)).etag);
  });

  test("is checked by the alarm if the request could not read the file", async () => {
    skipWaits();
    const { batch, sha256 } = await createBatch();
    const reads = failReads();
    const response = await send(batch);
    expect([response.status, await response.json()]).toMatchObject([200, { state: "processing" }]);
    await runDurableObjectAlarm(object(batch));
    await expect.poll(() => reads.mock.calls.length).toBeGreaterThan(3);
    expect(await batch.file(0)).toMatchObject({ state: "processing", etag: expect.any(String) });
    reads.mockRestore();
    await runAlarmIn(batch, 61, "completed");
    expect(await batch.file(0)).toMatchObject({ sha256 });
  });

  test.each([
    ["completed", LAST],
    ["failed", WRONG],
  ])("is checked by the alarm if the request has ended: %s", async (state, last) => {
    const { batch } = await createBatch();
    await endRequestsAtCheck(batch, last);
    await evictDurableObject(object(batch));
    await runDurableObjectAlarm(object(batch));
    expect(await batch.file(0)).toMatchObject({ state: "processing" });
    await runAlarmIn(batch, 61, state);
    if (state === "failed") await runDurableObjectAlarm(object(batch));
    expect((await stored(batch)) === null).toBe(state === "failed");
  });

  /** Completes the file in R2 and in the tally; nothing else of the request happens. */
  async function endRequestsAtCheck(batch: TestBatch, last: Uint8Array) {
    await sendPart(batch, 1);
    const never = vi.spyOn(env.BUCKET, "get").mockReturnValue(new Promise(() => undefined));
    void sendPart(batch, 2, last);
    await expect.poll(async () => (await batch.file(0)).state).toBe("processing");
    never.mockRestore();
  }

  test("is not skipped by the events of an earlier version of the Worker", async () => {
    skipWaits();
    const { batch, sha256 } = await createBatch();
    failReads();
    await send(batch);
    await runInDurableObject<Batch, unknown>(object(batch), (instance) =>
      instance.applyEvents([
        { file: 0, event: "processing", progress: 75 },
        { file: 0, event: "completed", properties: {} },
      ]),
    );
    expect(await batch.file(0)).toMatchObject({ state: "processing" });
    vi.restoreAllMocks();
    await runAlarmIn(batch, 61, "completed");
    expect(await batch.file(0)).toMatchObject({ sha256 });
  });

  test("is read beside the alarm, so that other work is done meanwhile", async () => {
    const { batch } = await createBatch();
    await endRequestsAtCheck(batch, LAST);
    const reads = vi.spyOn(env.BUCKET, "get").mockReturnValue(new Promise(() => undefined));
    await runAlarmIn(batch, 61, "processing");
    await expect.poll(() => reads.mock.calls.length).toBe(1);
    await batch.call("/cancel", { method: "POST" });
    await runDurableObjectAlarm(object(batch));
    expect(await stored(batch)).toBeNull();
  });

  test("is read less and less often while R2 fails", async () => {
    skipWaits();
    const { batch } = await createBatch();
    const log = vi.spyOn(console, "error").mockReturnValue();
    const reads = failReads();
    await send(batch);
    reads.mockClear();
    const begin = Date.now();
    const alarm = () => runInDurableObject(object(batch), (_, { storage }) => storage.getAlarm());
    const minutes: number[] = [];
    while (minutes.length < 5) {
      const before = reads.mock.calls.length;
      await runAlarmAt(batch, (await alarm()) ?? 0);
      await expect.poll(() => log.mock.calls.length).toBe(reads.mock.calls.length);
      if (reads.mock.calls.length > before) minutes.push(Math.round((Date.now() - begin) / 60_000));
    }
    expect(minutes.map((minute, index) => minute - (minutes[index - 1] ?? minute))).toEqual([
      0, 1, 2, 4, 8,
    ]);
  });

  test("does not bring back a file that was cancelled meanwhile, and its object is deleted", async () => {
    const { batch } = await createBatch();
    await endRequestsAtCheck(batch, LAST);
    await batch.call("/files/0", { method: "DELETE" });
    await runAlarmIn(batch, 61, "cancelled");
    expect(await stored(batch)).toBeNull();
  });

  test("queues a file whose object is gone", async () => {
    const { batch } = await createBatch();
    await endRequestsAtCheck(batch, LAST);
    await env.BUCKET.delete(`${batch.id}/0/file`);
    await runAlarmIn(batch, 61, "queued");
    expect(await batch.file(0)).toMatchObject({ state: "queued", receivedBytes: 0 });
    expect(await batch.status()).toMatchObject({ state: "active" });
    expect(await (await send(batch)).json()).toMatchObject({ state: "completed" });
  });

  test("is checked on its way if one request sends the file", async () => {
    const { batch, sha256 } = await createBatch();
    const reads = vi.spyOn(env.BUCKET, "get");
    const response = await batch.put(0, concat(PARTS));
    expect(await response.json()).toMatchObject({ state: "completed", sha256 });
    expect(reads).not.toHaveBeenCalled();
  });
});
