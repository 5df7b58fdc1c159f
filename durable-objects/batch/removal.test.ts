import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Batch } from "./batch.ts";

const UNKNOWN = { ok: false, code: "batch_not_found", detail: expect.any(String) };
const FAILED = { code: "storage_failed", detail: "Again.", retryable: true } as const;

let id: string;
let stub: ReturnType<typeof env.BATCH.getByName>;

/** Runs within the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

/** Lets so many minutes pass, and then the alarm ring. */
async function ringAfter(minutes: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
  await runDurableObjectAlarm(stub);
}

/** Ids of the batch's files that R2 holds objects of. */
async function kept(): Promise<number[]> {
  const { objects } = await env.BUCKET.list({ prefix: `${id}/` });
  return objects.map(({ key }) => Number(key.split("/")[1]));
}

const put = (file: number) => env.BUCKET.put(`${id}/${file}/name`, "bytes");

function storedKeys(): Promise<string[]> {
  return runInDurableObject(stub, (_, { storage }) => [...storage.kv.list()].map(([key]) => key));
}

/** A batch of three files: one is completed, one has failed, one waits. All have objects. */
beforeEach(async () => {
  id = crypto.randomUUID();
  stub = env.BATCH.getByName(id);
  const files = ["done", "failed", "waiting"].map((name) => ({ name, size: 5 }));
  await within((batch) => {
    batch.create({ id, metadata: {}, files, sealed: true });
    batch.applyEvents([
      { file: 0, event: "started", upload: "upload" },
      { file: 0, event: "stored", etag: "etag" },
      { file: 0, event: "processing", progress: 75 },
      { file: 0, event: "completed", properties: {} },
      { file: 1, event: "failed", error: FAILED },
    ]);
  });
  await Promise.all([put(0), put(1), put(2)]);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("a deleted batch is unknown at once, and what still reaches R2 is swept up", async () => {
  expect(await within((batch) => batch.delete())).toMatchObject({
    ok: true,
    value: { event: { id, state: "removed" }, folder: `${id}/` },
  });
  expect(await within((batch) => batch.status())).toEqual(UNKNOWN);
  await ringAfter(0);
  expect(await kept()).toEqual([]);
  await put(2);
  await ringAfter(11);
  expect(await kept()).toEqual([]);
  expect(await storedKeys()).toEqual([]);
});

test("R2's trouble delays a removal, and does not end it", async () => {
  await within((batch) => batch.delete());
  const log = vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(env.BUCKET, "list").mockRejectedValueOnce(new Error("list: internal (10001)"));
  await ringAfter(0);
  expect(log).toHaveBeenCalledOnce();
  expect(await kept()).toEqual([0, 1, 2]);
  await ringAfter(2);
  expect(await kept()).toEqual([]);
});

test("of a batch that is called off, only what is completed is kept", async () => {
  await within((batch) => batch.cancel());
  await ringAfter(0);
  expect(await kept()).toEqual([0]);
});

test("in a batch that is called off, nothing is taken up again", async () => {
  await within((batch) => batch.cancel());
  await within((batch) =>
    batch.applyEvents([
      { file: 1, event: "retried" },
      { file: 1, event: "started", upload: "late" },
      { file: 1, event: "stored", etag: "late" },
    ]),
  );
  const answer = await within((batch) => batch.file(1));
  expect(answer).toMatchObject({ value: { state: "failed" } });
});

test("when a batch's records go, the files stay", async () => {
  await within((batch) => batch.cancelFile(2));
  await ringAfter(31 * 24 * 60);
  expect(await within((batch) => batch.status())).toEqual(UNKNOWN);
  expect(await storedKeys()).not.toEqual([]);
  await ringAfter(11);
  expect(await storedKeys()).toEqual([]);
  expect(await kept()).toEqual([0]);
});
