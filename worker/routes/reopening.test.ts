import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type BatchList,
  type BatchResource,
  type CreatedBatch,
  LIMITS,
} from "../../protocol/index.ts";
import { OwnerClient } from "../../durable-objects/index.ts";
import { batchClient } from "../batches/batch-client.ts";
import { BodyReader } from "../http/request-body.ts";
import { readProblem } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor } from "../testing/grants.ts";
import { uploadPart } from "../upload/part.ts";
import { Upload } from "../upload/upload.ts";

/** So far in the future that no alarm runs by itself. */
const NOON = Date.UTC(2100, 0, 1, 12);
const HOUR_MS = 3_600_000;

const ONE = { QUOTA_OPEN_BATCHES: "1" };
const HUNDRED = { QUOTA_BYTES_PER_DAY: "100" };

let grant: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  grant = await grantFor({ exp: NOON / 1000 + 7 * 24 * 3600 });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function create(settings: object, sizes: readonly number[]): Promise<Response> {
  const files = sizes.map((size) => ({ name: `${size}`, size }));
  const body = JSON.stringify({ files, sealed: true });
  return callWith(settings, "/v1/batches", { method: "POST", body, headers: bearer(grant) });
}

async function created(settings: object, sizes: readonly number[]): Promise<CreatedBatch> {
  const response = await create(settings, sizes);
  if (response.status !== 201) throw new Error(await response.text());
  return response.json<CreatedBatch>();
}

function send(settings: object, { links, tokens }: CreatedBatch, path: string, init: RequestInit) {
  return callWith(settings, `${links.self}${path}`, { ...init, headers: bearer(tokens.write) });
}

async function statusOf(batch: CreatedBatch): Promise<BatchResource> {
  return (await send({}, batch, "", {})).json<BatchResource>();
}

async function expectExceeded(response: Response): Promise<void> {
  expect(await readProblem(response)).toMatchObject({ status: 429, code: "quota_exceeded" });
}

/** Runs the alarm that tells the owner. */
async function notify({ id }: CreatedBatch): Promise<void> {
  await runDurableObjectAlarm(env.BATCH.getByName(id));
}

/** Sends a file of the wrong size, which ends a batch that has no other. */
async function failed(settings: object, size: number): Promise<CreatedBatch> {
  const batch = await created(settings, [size]);
  const body = bundle({ 0: "x".repeat(size + 1) });
  await (await send(settings, batch, "/bundle", { method: "POST", body })).body?.cancel();
  expect(await statusOf(batch)).toMatchObject({ state: "completed", totals: { failed: 1 } });
  await notify(batch);
  return batch;
}

function bundle(files: Record<number, string>): FormData {
  const form = new FormData();
  for (const [id, content] of Object.entries(files)) form.set(id, new Blob([content]));
  return form;
}

/** The ways in which a failed file makes its batch active again. */
const WAYS = {
  "retry of all files": (settings: object, batch: CreatedBatch) =>
    send(settings, batch, "/retry", { method: "POST" }),
  "retry of one file": (settings: object, batch: CreatedBatch) =>
    send(settings, batch, "/retry", { method: "POST", body: '{"files":[0]}' }),
  "a whole file": (settings: object, batch: CreatedBatch, size: number) =>
    send(settings, batch, "/files/0", { method: "PUT", body: "x".repeat(size) }),
  "a bundle": (settings: object, batch: CreatedBatch, size: number) =>
    send(settings, batch, "/bundle", { method: "POST", body: bundle({ 0: "x".repeat(size) }) }),
};

describe.each(Object.entries(WAYS))("a completed batch, by %s,", (_, reopen) => {
  test("is refused beyond the quota of open batches, and nothing changes", async () => {
    const batch = await failed(ONE, 5);
    const other = await created(ONE, [1]);
    const before = await statusOf(batch);
    await expectExceeded(await reopen(ONE, batch, 5));
    expect(await statusOf(batch)).toEqual(before);
    await send(ONE, other, "/cancel", { method: "POST" });
    await notify(other);
    expect((await reopen(ONE, batch, 5)).status).toBe(200);
    await send(ONE, batch, "/files/0", { method: "PUT", body: "xxxxx" });
    expect(await statusOf(batch)).toMatchObject({ totals: { completed: 1 } });
  });

  test("counts as open at once", async () => {
    const batch = await failed(ONE, 5);
    expect((await reopen(ONE, batch, 5)).status).toBe(200);
    await expectExceeded(await create(ONE, [1]));
  });

  test("uses the quota of another day, but not that of its own day again", async () => {
    const batch = await failed(HUNDRED, 60);
    expect((await reopen(HUNDRED, batch, 60)).status).toBe(200);
    const later = await failed(HUNDRED, 40);
    vi.setSystemTime(NOON + 24 * HOUR_MS);
    await created(HUNDRED, [61]);
    await expectExceeded(await reopen(HUNDRED, later, 40));
    vi.setSystemTime(NOON + 48 * HOUR_MS);
    expect((await reopen(HUNDRED, later, 40)).status).toBe(200);
    await expectExceeded(await create(HUNDRED, [61]));
    expect((await create(HUNDRED, [60])).status).toBe(201);
  });

  test("is refused while the owner can't be reached", async () => {
    const batch = await failed(ONE, 5);
    vi.spyOn(console, "warn").mockReturnValue();
    const call = vi
      .spyOn(OwnerClient.prototype, "reopenBatch")
      .mockRejectedValue(new Error("lost"));
    const refused = await readProblem(await reopen(ONE, batch, 5));
    expect(refused).toMatchObject({ status: 503, code: "busy" });
    call.mockRestore();
    expect((await reopen(ONE, batch, 5)).status).toBe(200);
  });
});

test("a part of a failed file asks as well", async () => {
  const batch = await created(ONE, [LIMITS.partBytes + 1]);
  const part = (body: BodyInit) => send(ONE, batch, "/files/0/parts/2", { method: "PUT", body });
  const events = [{ file: 0, event: "failed" as const, error: failure() }];
  await env.BATCH.getByName(batch.id).applyEvents(events);
  await notify(batch);
  const other = await created(ONE, [1]);
  await expectExceeded(await part("x"));
  await send(ONE, other, "/cancel", { method: "POST" });
  await notify(other);
  expect((await part("x")).status).toBe(200);
  await expectExceeded(await create(ONE, [1]));
});

const failure = () => ({ code: "checksum_mismatch" as const, detail: "", retryable: true });

test("an owner is asked once for many files, and never for those of an open batch", async () => {
  const batch = await created({}, [1, 1, 1, 1]);
  const calls = vi.spyOn(OwnerClient.prototype, "reopenBatch");
  const wrong = bundle({ 0: "xx", 1: "xx", 2: "xx" });
  await send({}, batch, "/bundle", { method: "POST", body: wrong });
  await send({}, batch, "/bundle", { method: "POST", body: wrong });
  expect(calls).not.toHaveBeenCalled();
  await send({}, batch, "/files/3", { method: "PUT", body: "x" });
  await send({}, batch, "/bundle", { method: "POST", body: bundle({ 0: "xx", 1: "x", 2: "x" }) });
  expect(calls).toHaveBeenCalledOnce();
});

test("a batch that was allowed to be active again, and is not, counts for ten minutes", async () => {
  const batch = await failed(ONE, 5);
  const reserve = vi.spyOn(OwnerClient.prototype, "reopenBatch");
  reserve.mockImplementation(async function reserveThenEnd(this: OwnerClient, reopened) {
    reserve.mockRestore();
    await this.reopenBatch(reopened);
    throw new Error("The Worker ends here.");
  });
  vi.spyOn(console, "warn").mockReturnValue();
  await (await send(ONE, batch, "/retry", { method: "POST" })).body?.cancel();
  expect(await statusOf(batch)).toMatchObject({ state: "completed" });
  await expectExceeded(await create(ONE, [1]));
  vi.setSystemTime(NOON + HOUR_MS / 6);
  const list = await callWith(ONE, "/v1/batches", { headers: bearer(grant) });
  expect((await list.json<BatchList>()).batches).toMatchObject([{ state: "completed" }]);
  expect((await create(ONE, [1])).status).toBe(201);
});

test("a batch that was allowed to be active again counts, also if its metadata changes", async () => {
  const batch = await failed(ONE, 5);
  const [file] = valueOf(await env.BATCH.getByName(batch.id).admit(0, 1)).files;
  if (!file?.reopening) throw new Error("The owner is not asked.");
  const { owner, batch: reopened } = file.reopening;
  await new OwnerClient(env, owner).reopenBatch(reopened);
  const body = '{"metadata":{"name":"New"}}';
  expect((await send(ONE, batch, "", { method: "PATCH", body })).status).toBe(200);
  await notify(batch);
  await expectExceeded(await create(ONE, [1]));
  vi.setSystemTime(NOON + HOUR_MS / 6);
  const list = await callWith(ONE, "/v1/batches", { headers: bearer(grant) });
  const { batches } = await list.json<BatchList>();
  expect(batches).toMatchObject([{ state: "completed", name: "New" }]);
  expect((await create(ONE, [1])).status).toBe(201);
});

describe("a request that was admitted while its batch was active", () => {
  const retried = (reopens?: number) => [
    { file: 0, event: "retried" as const, upload: "late", reopens },
    { file: 0, event: "started" as const, upload: "late" },
  ];

  /** Returns the object of a completed batch with a failed file. */
  async function endedBatch() {
    const batch = await failed(ONE, 5);
    const object = env.BATCH.getByName(batch.id);
    const [file] = valueOf(await object.admit(0, 1)).files;
    return { batch, object, end: file?.reopening?.end ?? Number.NaN };
  }

  test("does not make it active once it is completed, but completes its file", async () => {
    const { batch, object } = await endedBatch();
    await object.applyEvents(retried());
    expect(await statusOf(batch)).toMatchObject({ state: "completed", totals: { failed: 1 } });
    await object.applyEvents([
      { file: 0, event: "stored", etag: "etag" },
      { file: 0, event: "processing", progress: 75 },
      { file: 0, event: "completed", properties: {} },
    ]);
    expect(await statusOf(batch)).toMatchObject({ state: "completed", totals: { completed: 1 } });
  });

  test("undoes only the end that its owner has allowed to undo", async () => {
    const { batch, object, end } = await endedBatch();
    await object.applyEvents(retried(end));
    expect(await statusOf(batch)).toMatchObject({ state: "active" });
    await object.applyEvents([{ file: 0, event: "failed", upload: "late", error: failure() }]);
    await object.applyEvents(retried(end));
    expect(await statusOf(batch)).toMatchObject({ state: "completed" });
    expect(valueOf(await object.retry(null, undefined, false, end))).toMatchObject({
      state: "completed",
      reopening: { owner: expect.any(String) },
    });
  });

  test("is told to send a first part again", async () => {
    const batch = await created(ONE, [LIMITS.partBytes + 1]);
    const object = env.BATCH.getByName(batch.id);
    await object.applyEvents([{ file: 0, event: "failed", error: failure() }]);
    const client = batchClient(env, batch.id, { count: 0 });
    const admission = await client.admitPart(0, 2);
    const { reopening: _, ...file } = admission.file;
    const upload = new Upload(env.BUCKET, client, "part");
    const body = new BodyReader(new Blob(["x"]).stream(), { length: 1 });
    const sending = uploadPart(upload, { ...admission, file }, { number: 2, body, digest: null });
    await expect(sending).rejects.toMatchObject({ code: "busy" });
    expect(await statusOf(batch)).toMatchObject({ state: "completed" });
  });
});

function valueOf<T>(result: { ok: true; value: T } | { ok: false; code: string }): T {
  if (result.ok) return result.value;
  throw new Error(result.code);
}
