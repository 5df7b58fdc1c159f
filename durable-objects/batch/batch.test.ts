import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type BatchResource, type Frame, LIMITS } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import type { Batch } from "./batch.ts";
import type { FileEvent } from "./file.ts";
import { Store } from "./store.ts";

const UPLOAD = "upload-1";
const everything = { since: null, state: null, after: -1, limit: 1000 };

function declarations(...sizes: number[]): FileDeclaration[] {
  return sizes.map((size, index) => ({ name: `file-${index}`, size }));
}

function started(file: number, upload = UPLOAD): FileEvent {
  return { file, event: "started", upload };
}

function stored(file: number): FileEvent {
  return { file, event: "stored", etag: `etag-${file}` };
}

/** All stages of a file, from the first byte on. */
function whole(file: number): FileEvent[] {
  return [
    started(file),
    stored(file),
    { file, event: "processing", progress: 75 },
    { file, event: "completed", properties: { type: "image/png", width: 3, height: 2 } },
  ];
}

let stub: ReturnType<typeof env.BATCH.getByName>;

/** Runs within the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

async function create(files: FileDeclaration[], sealed = true): Promise<BatchResource> {
  return within((batch) => batch.create({ id: "id", metadata: { album: 7 }, files, sealed }));
}

async function status(): Promise<BatchResource> {
  const answer = await within((batch) => batch.status());
  if (!answer.ok) throw new Error(answer.code);
  return answer.value;
}

/** All that can be asked of a batch. */
function all() {
  return within((batch) => ({ status: batch.status(), files: batch.list(everything) }));
}

const report = (...reports: FileEvent[]) => within((batch) => batch.applyEvents(reports));

beforeEach(() => {
  stub = env.BATCH.getByName(crypto.randomUUID());
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("a call that comes again changes nothing", () => {
  test.each<[string, (batch: Batch) => unknown]>([
    ["create", (b) => b.create({ id: "id", metadata: {}, files: declarations(9), sealed: false })],
    ["declare", (batch) => batch.declare({ key: "key", files: declarations(1, 2) })],
    ["applyEvents", (batch) => batch.applyEvents([...whole(0), started(1), ...whole(0)])],
    ["seal", (batch) => batch.seal()],
    ["setPaused", (batch) => batch.setPaused(true)],
    ["cancelFile", (batch) => batch.cancelFile(1)],
    ["cancel", (batch) => batch.cancel()],
  ])("%s", async (_, call) => {
    await create(declarations(1, 2), false);
    const answer = await within(call);
    const before = await all();
    expect(await within(call)).toEqual(answer);
    expect(await all()).toEqual(before);
  });

  test("though the object was evicted in between", async () => {
    await create(declarations(1), false);
    const answer = await within((batch) =>
      batch.declare({ key: "key", files: declarations(1, 2) }),
    );
    await evictDurableObject(stub);
    expect(
      await within((batch) => batch.declare({ key: "key", files: declarations(1, 2) })),
    ).toEqual(answer);
    expect((await status()).totals.files).toBe(3);
  });
});

describe("a batch that there is none of", () => {
  test("is told so, and asking makes none", async () => {
    const unknown = { ok: false, code: "batch_not_found", detail: expect.any(String) };
    expect(await all()).toEqual({ status: unknown, files: unknown });
    expect(await report(started(0))).toEqual(unknown);
    const keys = await runInDurableObject(stub, (_, { storage }) => [...storage.kv.list()]);
    expect(keys).toEqual([]);
  });
});

describe("eviction", () => {
  test("changes nothing that can be asked", async () => {
    await create(declarations(1, 2, 3, LIMITS.fileBytes + 1), false);
    await report(...whole(0), started(1), {
      file: 1,
      event: "receiving",
      upload: UPLOAD,
      receivedBytes: 1,
    });
    await within((batch) => batch.setPaused(true));
    const before = await all();
    await evictDurableObject(stub);
    expect(await all()).toEqual(before);
  });

  test("keeps rev rising", async () => {
    await create(declarations(1, 1, 1));
    const revs = [(await status()).rev];
    for (const file of [0, 1, 2]) {
      await report(...whole(file));
      revs.push((await status()).rev);
      await evictDurableObject(stub);
      revs.push((await status()).rev);
    }
    expect(revs).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });

  test("leaves an upload that is going on where it was", async () => {
    await create(declarations(10));
    await report(started(0));
    await evictDurableObject(stub);
    await report({ file: 0, event: "receiving", upload: UPLOAD, receivedBytes: 5 });
    expect((await status()).totals).toMatchObject({ uploading: 1, receivedBytes: 5 });
  });
});

describe("hibernation", () => {
  async function watch(since?: number) {
    const address = `https://batch/live${since === undefined ? "" : `?since=${since}`}`;
    const { webSocket } = await stub.fetch(address, { headers: { Upgrade: "websocket" } });
    const texts: string[] = [];
    webSocket?.addEventListener("message", ({ data }) => texts.push(String(data)));
    webSocket?.accept();
    return { socket: webSocket, texts };
  }

  /** The frames that have come, once there are so many. */
  async function frames(texts: readonly string[], count: number): Promise<Frame[]> {
    await expect.poll(() => texts.length).toBeGreaterThanOrEqual(count);
    const told: Frame[] = JSON.parse(`[${texts.join()}]`);
    return told;
  }

  test("keeps watchers: what changes afterwards is told them", async () => {
    await create(declarations(1, 2));
    const { texts } = await watch();
    const [snapshot] = await frames(texts, 1);
    await evictDurableObject(stub);
    await report(...whole(1));
    const [, progress] = await frames(texts, 2);
    const { rev, totals, percentComplete } = await status();
    expect(progress).toEqual({
      event: "uploadProgress",
      rev,
      files: [
        [1, "uploading", 0, 0, null],
        [1, "uploading", 50, 2, null],
        [1, "processing", 75, 2, null],
        [1, "completed", 100, 2, null],
      ],
      totals,
      percentComplete,
    });
    expect(rev).toBeGreaterThan(snapshot?.rev ?? Infinity);
  });

  test("answers pings without the object", async () => {
    await create(declarations(1));
    const { socket, texts } = await watch();
    await frames(texts, 1);
    await evictDurableObject(stub);
    const constructed = vi.spyOn(Store.prototype, "load");
    socket?.send("ping");
    await expect.poll(() => texts.length).toBe(2);
    expect(texts[1]).toBe("pong");
    expect(constructed).not.toHaveBeenCalled();
  });

  test("lets a watcher's since go on across it", async () => {
    await create(declarations(1, 2));
    await report(...whole(0));
    const { rev } = await status();
    await evictDurableObject(stub);
    const nothingNew = await watch(rev);
    expect((await frames(nothingNew.texts, 1))[0]).toMatchObject({ rev, files: [] });
    await report(...whole(1));
    const news = await watch(rev);
    expect((await frames(news.texts, 1))[0]).toMatchObject({
      rev: rev + 1,
      files: [[1, "completed", 100, 2, null]],
    });
  });
});

describe("an upload whose Worker has vanished", () => {
  /** Lets so many seconds pass, and then the alarm ring. */
  async function ringAfter(seconds: number): Promise<boolean> {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
    return runDurableObjectAlarm(stub);
  }

  test("goes back to the queue, and its attempt counts", async () => {
    await create(declarations(10, 10));
    await report(started(0), {
      file: 0,
      event: "receiving",
      upload: UPLOAD,
      receivedBytes: 5,
    });
    expect(await ringAfter(61)).toBe(true);
    expect((await all()).files).toMatchObject({
      value: {
        files: [
          { state: "queued", progress: 0, receivedBytes: 0, attempts: 1 },
          { state: "queued", attempts: 0 },
        ],
      },
    });
    expect((await status()).totals).toMatchObject({ queued: 2, uploading: 0, receivedBytes: 0 });
  });

  test("is completed where it was stored already", async () => {
    await create(declarations(10));
    await report(started(0), stored(0));
    await evictDurableObject(stub);
    await ringAfter(61);
    expect(await status()).toMatchObject({ state: "completed", totals: { completed: 1 } });
  });

  test("is left alone while it is heard of", async () => {
    await create(declarations(10));
    await report(started(0));
    await ringAfter(30);
    await report({ file: 0, event: "receiving", upload: UPLOAD, receivedBytes: 5 });
    await ringAfter(40);
    expect((await status()).totals).toMatchObject({ uploading: 1, receivedBytes: 5 });
    await ringAfter(61);
    expect((await status()).totals).toMatchObject({ queued: 1 });
  });

  test("is not heard when it comes back late", async () => {
    await create(declarations(10));
    await report(started(0));
    await ringAfter(61);
    const before = await all();
    await report({ file: 0, event: "receiving", upload: UPLOAD, receivedBytes: 9 });
    expect(await all()).toEqual(before);
  });
});

describe("a step that throws", () => {
  test("leaves neither memory nor storage changed", async () => {
    await create(declarations(1, 2));
    await report(...whole(0));
    const before = await all();
    vi.spyOn(Store.prototype, "saveBatch").mockImplementationOnce(() => {
      throw new Error("The disk is full.");
    });
    await expect(within((batch) => batch.applyEvents(whole(1)))).rejects.toThrow(
      "The disk is full.",
    );
    expect(await all()).toEqual(before);
    await evictDurableObject(stub);
    expect(await all()).toEqual(before);
    await report(...whole(1));
    expect(await status()).toMatchObject({ state: "completed", rev: 3 });
  });
});
