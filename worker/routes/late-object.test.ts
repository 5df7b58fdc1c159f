import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { plainBucket } from "../../storage/testing/strict-bucket.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { formBody, formRequest } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";

beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function keysOf(batch: TestBatch): Promise<string[]> {
  return (await env.BUCKET.list({ prefix: `${batch.id}/` })).objects.map(({ key }) => key);
}

/** Deletes the batch and runs its alarms until it is forgotten. */
async function deleteForever(batch: TestBatch): Promise<void> {
  await (await batch.call("", { method: "DELETE" })).body?.cancel();
  for (const minutes of [0, 11]) {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
  }
  vi.useRealTimers();
}

/** Runs `action` when the next object of the batch is about to be stored. */
function beforeStoring(action: () => Promise<void>): void {
  const put = env.BUCKET.put.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (...args) => {
    await action();
    return put(...args);
  });
}

test.each([
  ["in a PUT", 300_000, (batch: TestBatch, bytes: Uint8Array<ArrayBuffer>) => batch.put(0, bytes)],
  [
    "in a bundle",
    50,
    (batch: TestBatch, bytes: Uint8Array<ArrayBuffer>) => {
      const form = new FormData();
      form.append("0", new Blob([bytes]));
      return batch.call("/bundle", { method: "POST", body: form });
    },
  ],
])("an object that is stored after its batch was deleted is deleted: %s", async (_, size, send) => {
  const batch = await TestBatch.create([size]);
  beforeStoring(() => deleteForever(batch));
  expect(await readProblem(await send(batch, noise(size)))).toMatchObject({
    code: "batch_not_found",
  });
  expect(await keysOf(batch)).toEqual([]);
});

test("a file that is completed from its parts after its batch was deleted is deleted", async () => {
  const bytes = noise(LIMITS.partBytes + 5);
  const batch = await TestBatch.create([bytes.length]);
  const send = (part: number, body: Uint8Array<ArrayBuffer>) =>
    batch.call(`/files/0/parts/${part}`, { method: "PUT", body });
  await (await send(1, bytes.slice(0, LIMITS.partBytes))).body?.cancel();
  const resume = env.BUCKET.resumeMultipartUpload.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementation((key, id) => {
    const upload = resume(key, id);
    return {
      key: upload.key,
      uploadId: upload.uploadId,
      uploadPart: (...args) => upload.uploadPart(...args),
      abort: () => upload.abort(),
      complete: async (parts) => {
        const object = await upload.complete(parts);
        await deleteForever(batch);
        // As if R2 had made the object visible only now.
        return (await plainBucket(env.BUCKET).put(key, bytes)) ?? object;
      },
    };
  });
  const response = await send(2, bytes.slice(LIMITS.partBytes));
  expect(await readProblem(response)).toMatchObject({ code: "batch_not_found" });
  expect(await keysOf(batch)).toEqual([]);
});

test.each([
  ["in memory", 50, (batch: TestBatch, bytes: Uint8Array<ArrayBuffer>) => batch.put(0, bytes)],
  [
    "as a stream",
    300_000,
    (batch: TestBatch, bytes: Uint8Array<ArrayBuffer>) => batch.put(0, bytes),
  ],
  [
    "in a bundle",
    50,
    (batch: TestBatch, bytes: Uint8Array<ArrayBuffer>) =>
      batch.call("/bundle", formRequest(formBody([{ name: 0, bytes }]))),
  ],
])(
  "the object of a file that is cancelled while it arrives is deleted: %s",
  async (_, size, send) => {
    const batch = await TestBatch.create([size]);
    beforeStoring(async () => {
      await (await batch.call("/files/0", { method: "DELETE" })).body?.cancel();
    });
    await (await send(batch, noise(size))).body?.cancel();
    expect((await batch.status()).totals).toMatchObject({ cancelled: 1, receivedBytes: 0 });
    expect(await keysOf(batch)).toEqual([]);
  },
);

test("an object that was not reported is deleted when its file is cancelled", async () => {
  skipWaits();
  const batch = await TestBatch.create([50]);
  const put = env.BUCKET.put.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (...args) => {
    await put(...args);
    throw r2Error("put", "internal");
  });
  vi.spyOn(env.BUCKET, "head").mockRejectedValue(r2Error("head", "unavailable"));
  expect(await readProblem(await batch.put(0, noise(50)))).toMatchObject({
    code: "storage_failed",
  });
  expect(await keysOf(batch)).toHaveLength(1);
  vi.spyOn(env.BUCKET, "delete").mockRejectedValueOnce(r2Error("delete", "rateLimited"));
  const response = await batch.call("/files/0", { method: "DELETE" });
  expect(await response.json()).toMatchObject({ state: "cancelled" });
  expect(await keysOf(batch)).toEqual([]);
});

test("an object that another request has put in its place stays", async () => {
  const batch = await TestBatch.create([50]);
  const put = env.BUCKET.put.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (key, body, options) => {
    const object = await put(key, body, options);
    await deleteForever(batch);
    await plainBucket(env.BUCKET).put(key, "of another request");
    return object;
  });
  expect(await readProblem(await batch.put(0, noise(50)))).toMatchObject({
    code: "batch_not_found",
  });
  expect(await keysOf(batch)).toHaveLength(1);
});

test("the objects of a bundle are deleted even if R2 refuses the first deletions", async () => {
  skipWaits();
  const sizes = [50, 60, 70];
  const batch = await TestBatch.create(sizes);
  const parts = sizes.map((size, name) => ({ name, bytes: noise(size) }));
  beforeStoring(async () => {
    await deleteForever(batch);
    const refused = r2Error("delete", "rateLimited");
    vi.spyOn(env.BUCKET, "delete").mockRejectedValueOnce(refused).mockRejectedValueOnce(refused);
  });
  expect(await readProblem(await batch.sendBundle(parts))).toMatchObject({
    code: "batch_not_found",
  });
  expect(await keysOf(batch)).toEqual([]);
});

test.each([
  ["in memory", 0],
  ["as a stream", 300_000],
])("an object whose put threw is deleted with its batch: %s", async (_, size) => {
  skipWaits();
  const batch = await TestBatch.create([size]);
  const put = env.BUCKET.put.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (...args) => {
    await put(...args);
    await deleteForever(batch);
    // R2 makes the object visible only now.
    await put(args[0], noise(size), args[2]);
    throw r2Error("put", "internal");
  });
  expect(await readProblem(await batch.put(0, noise(size)))).toMatchObject({
    code: "batch_not_found",
  });
  expect(await keysOf(batch)).toEqual([]);
});

test("the objects of a form whose files cannot be declared are deleted", async () => {
  const ids: string[] = [];
  const getByName = env.BATCH.getByName.bind(env.BATCH);
  vi.spyOn(env.BATCH, "getByName").mockImplementation((name) => {
    ids.push(name);
    return new Proxy(getByName(name), {
      get(stub, method) {
        if (method === "declare") return () => Promise.reject(new Error("Connection lost."));
        const value: unknown = Reflect.get(stub, method);
        return value;
      },
    });
  });
  const form = new FormData();
  for (const size of [5, 6, 7]) form.append("file", new File([noise(size)], `${size}.bin`));
  const response = await call("/v1/upload", { method: "POST", body: form });
  expect(response.status).toBe(500);
  expect(ids).not.toEqual([]);
  expect((await env.BUCKET.list({ prefix: `${ids[0]}/` })).objects).toEqual([]);
});
