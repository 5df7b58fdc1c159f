import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GRACE_MS } from "../../durable-objects/batch/uploader-presence.ts";
import { TestBatch } from "../testing/batch.ts";
import type { TestWatcher } from "../testing/watcher.ts";

/** Callbacks that wait for the end of the grace. */
let held: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  held = [];
  const { setTimeout: original } = globalThis;
  const hold = (run: () => void, ms?: number) => {
    if (ms !== GRACE_MS) return original(run, ms);
    held.push(run);
    return original(() => {}, 0);
  };
  vi.spyOn(globalThis, "setTimeout").mockImplementation(hold as typeof setTimeout);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Lets time pass, and runs what has waited for it. */
async function pass(batch: TestBatch, ms = GRACE_MS): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  const due = held.splice(0);
  await runInDurableObject(env.BATCH.getByName(batch.id), () => {
    for (const run of due) run();
  });
}

/** Connects a watcher and an uploader, and clears their first frames. */
async function connect(batch: TestBatch): Promise<{ watcher: TestWatcher; uploader: TestWatcher }> {
  const [watcher, uploader] = [await batch.watch(), await watchAsUploader(batch)];
  await Promise.all([watcher.next("snapshot"), uploader.next("snapshot")]);
  watcher.clear();
  return { watcher, uploader };
}

async function watchAsUploader(batch: TestBatch): Promise<TestWatcher> {
  return batch.watch(undefined, batch.created.tokens.live);
}

async function leave(batch: TestBatch, socket: TestWatcher): Promise<void> {
  const before = await batch.sockets();
  socket.close();
  await expect.poll(() => batch.sockets()).toBe(before - 1);
}

const iso = (time: number) => new Date(time).toISOString();

test("watchers are told since when the last uploader is gone, and when one returns", async () => {
  const batch = await TestBatch.create([2], { sealed: false });
  const { watcher, uploader } = await connect(batch);
  vi.setSystemTime(Date.now() + 60_000);
  const uploaderGone = iso(Date.now());
  await leave(batch, uploader);
  await pass(batch);
  expect(await watcher.next("batch")).toMatchObject({ rev: 2, batch: { rev: 2, uploaderGone } });
  expect(await batch.readerStatus()).toMatchObject({ rev: 2, uploaderGone });
  watcher.clear();
  const returned = await watchAsUploader(batch);
  const frame = await watcher.next("batch");
  expect(frame).toMatchObject({ rev: 3 });
  expect(frame).not.toHaveProperty("batch.uploaderGone");
  expect(await returned.next("snapshot")).not.toHaveProperty("batch.uploaderGone");
});

test("an uploader that reconnects soon is not reported", async () => {
  const batch = await TestBatch.create([2]);
  const { watcher, uploader } = await connect(batch);
  await leave(batch, uploader);
  await pass(batch, GRACE_MS - 1);
  const returned = await watchAsUploader(batch);
  await pass(batch);
  await pass(batch);
  expect(await batch.readerStatus()).toMatchObject({ rev: 1 });
  expect(watcher.frames).toEqual([]);
  await leave(batch, returned);
  await pass(batch);
  expect(await watcher.next("batch")).toHaveProperty("batch.uploaderGone");
});

test("an uploader stays if only one of their connections ends, or a watcher leaves", async () => {
  const batch = await TestBatch.create([2]);
  const { watcher, uploader } = await connect(batch);
  await watchAsUploader(batch);
  await leave(batch, uploader);
  await leave(batch, watcher);
  await pass(batch);
  expect(await batch.readerStatus()).toMatchObject({ rev: 1 });
  expect(await batch.readerStatus()).not.toHaveProperty("uploaderGone");
});

test("a program without a connection counts for some seconds after each upload", async () => {
  const batch = await TestBatch.create([2, 2, 2]);
  const watcher = await batch.watch();
  for (const id of [0, 1]) {
    await pass(batch, GRACE_MS - 1);
    await batch.put(id, "ok");
    expect(await batch.readerStatus()).not.toHaveProperty("uploaderGone");
  }
  const { updatedAt: uploaderGone } = await batch.readerStatus();
  await pass(batch, GRACE_MS - 1);
  await pass(batch, 1);
  expect(await watcher.next("batch")).toMatchObject({ batch: { uploaderGone } });
  await batch.put(2, "ok");
  await watcher.next("uploadCompleted");
  expect(await batch.readerStatus()).not.toHaveProperty("uploaderGone");
});

test("a request that sends a file counts for as long as it is open", async () => {
  const batch = await TestBatch.create([2], { sealed: false });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const sent = batch.call("/files/0", { method: "PUT", body: readable });
  await writer.write(new Uint8Array(1));
  await expect.poll(async () => (await batch.file(0)).state).toBe("uploading");
  await batch.watch();
  await pass(batch);
  expect(await batch.readerStatus()).not.toHaveProperty("uploaderGone");
  await writer.write(new Uint8Array(1));
  await writer.close();
  expect((await sent).status).toBe(200);
});

test("polls learn of it without a watcher, and the uploader's own polls count as a connection", async () => {
  const batch = await TestBatch.create([2]);
  const { updatedAt } = await batch.readerStatus();
  await pass(batch, 5 * GRACE_MS);
  await batch.status();
  expect(await batch.readerStatus()).not.toHaveProperty("uploaderGone");
  await pass(batch);
  const { uploaderGone } = await batch.readerStatus();
  expect(Date.parse(uploaderGone ?? "")).toBe(Date.parse(updatedAt) + 5 * GRACE_MS);
  expect(await batch.status()).not.toHaveProperty("uploaderGone");
});

test("the time survives a restart of the object", async () => {
  const batch = await TestBatch.create([2]);
  const { uploader } = await connect(batch);
  await leave(batch, uploader);
  await pass(batch);
  const { uploaderGone } = await batch.readerStatus();
  await evictDurableObject(env.BATCH.getByName(batch.id));
  await pass(batch, 9 * GRACE_MS);
  expect(await batch.readerStatus()).toMatchObject({ uploaderGone, rev: 2 });
  expect(uploaderGone).toBeDefined();
});

test("an uploader that is lost in a restart is reported as of the last change", async () => {
  const batch = await TestBatch.create([2]);
  await connect(batch);
  const object = env.BATCH.getByName(batch.id);
  await runInDurableObject(object, (_, ctx) => ctx.abort("restart")).catch(() => undefined);
  held = [];
  vi.setSystemTime(Date.now() + 5 * GRACE_MS);
  const watcher = await batch.watch();
  const snapshot = await watcher.next("snapshot");
  expect(snapshot).not.toHaveProperty("batch.uploaderGone");
  await pass(batch);
  const { updatedAt } = await batch.readerStatus();
  expect(await watcher.next("batch")).toMatchObject({ batch: { uploaderGone: updatedAt } });
});

test("it puts off no expiry", async () => {
  const batch = await TestBatch.create([2]);
  const { expiresAt, updatedAt } = await batch.readerStatus();
  const { uploader } = await connect(batch);
  await leave(batch, uploader);
  await pass(batch);
  expect(await batch.readerStatus()).toMatchObject({ expiresAt, updatedAt, rev: 2 });
});

test("a batch that is over reports no uploader", async () => {
  const batch = await TestBatch.create([2, 2]);
  const { uploader } = await connect(batch);
  await leave(batch, uploader);
  await pass(batch);
  await batch.call("/cancel", { method: "POST" });
  expect(await batch.readerStatus()).not.toHaveProperty("uploaderGone");
  await pass(batch, 9 * GRACE_MS);
  expect(await batch.readerStatus()).not.toHaveProperty("uploaderGone");
});
