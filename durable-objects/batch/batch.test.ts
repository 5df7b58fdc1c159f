import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type BatchResource, type Frame, LIMITS } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import type { Batch } from "./batch.ts";
import type { FileEvent } from "./file.ts";
import { FORMAT, Store } from "./store.ts";
import { advanceTimers } from "./testing/advance-timers.ts";

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

/** Every event of a file, from its first byte to its completion. */
function allEvents(file: number): FileEvent[] {
  return [
    started(file),
    stored(file),
    { file, event: "processing", progress: 75 },
    { file, event: "completed", properties: { type: "image/png", width: 3, height: 2 } },
  ];
}

let stub: ReturnType<typeof env.BATCH.getByName>;

/** Runs in the object. */
function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

async function create(files: FileDeclaration[], sealed = true): Promise<BatchResource> {
  const created = await within((batch) => {
    return batch.create({ id: "id", metadata: { album: 7 }, files, sealed });
  });
  if ("ok" in created) throw new Error(created.code);
  return created;
}

async function status(): Promise<BatchResource> {
  const result = await within((batch) => batch.status());
  if (!result.ok) throw new Error(result.code);
  return result.value;
}

/** Evicts the object, and ends its timers, which an eviction in tests waits for. */
async function evict(): Promise<void> {
  vi.clearAllTimers();
  await evictDurableObject(stub);
}

/** The status and the files of the batch. */
function state() {
  return within((batch) => ({ status: batch.status(), files: batch.list(everything) }));
}

const apply = (...events: FileEvent[]) => within((batch) => batch.applyEvents(events));

beforeEach(() => {
  stub = env.BATCH.getByName(crypto.randomUUID());
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Opens a watcher's socket. Resolves with the texts of its frames, once it has the first one. */
async function openWatcher(): Promise<string[]> {
  const { webSocket } = await stub.fetch("https://batch/live", {
    headers: { Upgrade: "websocket" },
  });
  const texts: string[] = [];
  webSocket?.addEventListener("message", ({ data }) => texts.push(String(data)));
  webSocket?.accept();
  await expect.poll(() => texts.length).toBe(1);
  return texts;
}

describe("a repeated call changes nothing", () => {
  test.each<[string, (batch: Batch) => unknown]>([
    ["create", (b) => b.create({ id: "id", metadata: {}, files: declarations(9), sealed: false })],
    ["declare", (batch) => batch.declare({ key: "key", files: declarations(1, 2) })],
    ["applyEvents", (batch) => batch.applyEvents([...allEvents(0), started(1), ...allEvents(0)])],
    ["seal", (batch) => batch.seal()],
    ["setPaused", (batch) => batch.setPaused(true)],
    ["cancelFile", (batch) => batch.cancelFile(1)],
    ["cancel", (batch) => batch.cancel()],
  ])("%s", async (_, call) => {
    await create(declarations(1, 2), false);
    const result = await within(call);
    const before = await state();
    expect(await within(call)).toEqual(result);
    expect(await state()).toEqual(before);
  });

  test("even after an eviction", async () => {
    await create(declarations(1), false);
    const result = await within((batch) =>
      batch.declare({ key: "key", files: declarations(1, 2) }),
    );
    await evictDurableObject(stub);
    expect(
      await within((batch) => batch.declare({ key: "key", files: declarations(1, 2) })),
    ).toEqual(result);
    expect((await status()).totals.files).toBe(3);
  });
});

describe("a batch that was not created", () => {
  test("is unknown, and calls store nothing", async () => {
    const unknown = { ok: false, code: "batch_not_found", detail: expect.any(String) };
    expect(await state()).toEqual({ status: unknown, files: unknown });
    expect(await apply(started(0))).toEqual(unknown);
    const keys = await runInDurableObject(stub, (_, { storage }) => [...storage.kv.list()]);
    expect(keys).toEqual([]);
  });
});

describe("eviction", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

  /** Ids of the files that a poll with `since` returns. */
  const changedSince = async (since: number) => {
    const list = await within((batch) => batch.list({ ...everything, since }));
    return list.ok ? list.value.files.map(({ id }) => id) : null;
  };
  const receiving: FileEvent = { file: 1, event: "receiving", upload: UPLOAD, receivedBytes: 1 };
  const quiet = () => within(() => advanceTimers(5000));

  test("does not change a quiet batch", async () => {
    await create(declarations(1, 2, 3, LIMITS.fileBytes + 1), false);
    await apply(...allEvents(0), started(1), receiving);
    await apply({ file: 1, event: "interrupted", upload: UPLOAD });
    await within((batch) => batch.setPaused(true));
    await quiet();
    const before = await state();
    await evict();
    expect(await state()).toMatchObject({ status: before.status });
    expect((await state()).files).toMatchObject({
      value: { files: [{ state: "completed" }, {}, {}, {}] },
    });
  });

  test("does not raise the rev of a quiet batch, and never lowers it", async () => {
    await create(declarations(1, 1, 1));
    const revs = [(await status()).rev];
    for (const file of [0, 1, 2]) {
      await apply(...allEvents(file));
      revs.push((await status()).rev);
      await quiet();
      await evict();
      revs.push((await status()).rev);
    }
    expect(revs).toEqual([1, 2, 2, 3, 3, 5, 5]);
    await evict();
    expect((await status()).rev).toBe(5);
  });

  test("returns an upload to the queue, and a poll learns of it", async () => {
    await create(declarations(10, 10, 10));
    await apply(...allEvents(0), started(1), receiving);
    const before = await status();
    expect(before.totals).toMatchObject({ uploading: 1, receivedBytes: 11 });
    await evict();
    const after = await status();
    expect(after.rev).toBeGreaterThan(before.rev);
    expect(after.totals).toMatchObject({ queued: 2, uploading: 0, receivedBytes: 10 });
    expect(await changedSince(before.rev)).toEqual([1, 2]);
    await evict();
    await status();
    await evict();
    expect(await changedSince(before.rev)).toEqual([1, 2]);
  });

  test("returns no unchanged file to a poll of a quiet batch", async () => {
    await create(declarations(10, 10, 10));
    await apply(started(1));
    await apply({ file: 1, event: "interrupted", upload: UPLOAD });
    const { rev } = await status();
    await quiet();
    await evict();
    expect(await changedSince(rev)).toEqual([]);
    expect(await changedSince(rev - 1)).toEqual([0, 1, 2]);
  });

  test("does not lose what a running upload stores", async () => {
    await create(declarations(10));
    await apply(started(0));
    await evict();
    expect((await status()).totals).toMatchObject({ queued: 1 });
    await apply({ file: 0, event: "receiving", upload: UPLOAD, receivedBytes: 5 });
    expect((await status()).totals).toMatchObject({ uploading: 1, receivedBytes: 5 });
    await apply(...allEvents(0).slice(1));
    expect(await status()).toMatchObject({ state: "completed" });
  });

  test("is reported to the watchers with the next frame", async () => {
    await create(declarations(10, 10));
    await apply(started(1));
    const texts = await openWatcher();
    await evict();
    await status();
    await expect.poll(() => texts.length).toBe(2);
    expect(JSON.parse(texts[1] ?? "")).toMatchObject({
      event: "uploadProgress",
      files: [
        [0, "queued", 0, 0, null],
        [1, "queued", 0, 0, null],
      ],
    });
  });
});

describe("writes", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

  test("are made only for changes that must survive", async () => {
    await create(declarations(10, 10));
    await apply(started(0));
    const records = vi.spyOn(Store.prototype, "saveRecords");
    const rows = vi.spyOn(Store.prototype, "saveBatch");
    const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
    for (let receivedBytes = 1; receivedBytes < 10; receivedBytes++) {
      await apply({ file: 0, event: "receiving", upload: UPLOAD, receivedBytes });
    }
    await apply({ file: 0, event: "interrupted", upload: UPLOAD }, started(1));
    expect(records.mock.calls.filter(([, changed]) => [...changed].length > 0)).toEqual([]);
    expect(rows).not.toHaveBeenCalled();
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBe(alarm);
    await apply({ file: 1, event: "stored", etag: "etag" });
    expect(records.mock.calls.map(([, changed]) => Array.from(changed))).toContainEqual([1]);
  });
});

describe("hibernation", () => {
  /** The watcher is an uploader: without one, the object waits some seconds for its return. */
  const access = JSON.stringify({ scope: "live", generation: 0, issuedAt: Date.now() });

  async function watch(since?: number) {
    const query = new URLSearchParams({
      access,
      ...(since !== undefined && { since: `${since}` }),
    });
    const address = `https://batch/live?${query.toString()}`;
    const { webSocket } = await stub.fetch(address, { headers: { Upgrade: "websocket" } });
    const texts: string[] = [];
    webSocket?.addEventListener("message", ({ data }) => texts.push(String(data)));
    webSocket?.accept();
    return { socket: webSocket, texts };
  }

  /** Resolves with the received frames once there are at least `count`. */
  async function frames(texts: readonly string[], count: number): Promise<Frame[]> {
    await expect.poll(() => texts.length).toBeGreaterThanOrEqual(count);
    const received: Frame[] = JSON.parse(`[${texts.join()}]`);
    return received;
  }

  test("keeps the watchers, which get the next change", async () => {
    await create(declarations(1, 2));
    const { texts } = await watch();
    const [snapshot] = await frames(texts, 1);
    await evictDurableObject(stub);
    await apply(...allEvents(1));
    const [, progress] = await frames(texts, 2);
    const { rev, totals, percentComplete, percentStored } = await status();
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
      percentStored,
    });
    expect(rev).toBeGreaterThan(snapshot?.rev ?? Infinity);
  });

  test("does not end for a ping, which the platform answers", async () => {
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

  test("keeps the rev that a watcher reconnects with", async () => {
    await create(declarations(1, 2));
    await apply(...allEvents(0));
    const { rev } = await status();
    await evictDurableObject(stub);
    const unchanged = await watch(rev);
    expect((await frames(unchanged.texts, 1))[0]).toMatchObject({ rev, files: [] });
    await apply(...allEvents(1));
    const changed = await watch(rev);
    expect((await frames(changed.texts, 1))[0]).toMatchObject({
      rev: rev + 1,
      files: [[1, "completed", 100, 2, null]],
    });
  });
});

describe("an upload whose Worker has ended", () => {
  /** Advances the clock by so many seconds and runs the alarm. */
  async function alarmAfter(seconds: number): Promise<boolean> {
    vi.setSystemTime(Date.now() + seconds * 1000);
    return runDurableObjectAlarm(stub);
  }

  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] }));

  test("returns its file to the queue without an alarm, beside a timer of another object", async () => {
    const own = stub;
    stub = env.BATCH.getByName(crypto.randomUUID());
    await create(declarations(10));
    await apply(started(0));
    stub = own;
    await create(declarations(10));
    await apply(started(0));
    await within(() => advanceTimers(59_000));
    expect((await status()).totals).toMatchObject({ uploading: 1 });
    await apply({ file: 0, event: "receiving", upload: UPLOAD, receivedBytes: 5 });
    await within(() => advanceTimers(59_000));
    expect((await status()).totals).toMatchObject({ uploading: 1 });
    await within(() => advanceTimers(2000));
    expect((await status()).totals).toMatchObject({ queued: 1 });
  });

  test("returns its file to the queue after a minute, and counts as an attempt", async () => {
    await create(declarations(10, 10));
    await apply(started(0), {
      file: 0,
      event: "receiving",
      upload: UPLOAD,
      receivedBytes: 5,
    });
    expect(await alarmAfter(61)).toBe(true);
    expect((await state()).files).toMatchObject({
      value: {
        files: [
          { state: "queued", progress: 0, receivedBytes: 0, attempts: 1 },
          { state: "queued", attempts: 0 },
        ],
      },
    });
    expect((await status()).totals).toMatchObject({ queued: 2, uploading: 0, receivedBytes: 0 });
  });

  test("completes its file if that was stored", async () => {
    await create(declarations(10));
    await apply(started(0), stored(0));
    await evict();
    await alarmAfter(61);
    expect(await status()).toMatchObject({ state: "completed", totals: { completed: 1 } });
  });

  test("continues while it reports events", async () => {
    await create(declarations(10));
    await apply(started(0));
    await alarmAfter(30);
    await apply({ file: 0, event: "receiving", upload: UPLOAD, receivedBytes: 5 });
    await alarmAfter(40);
    expect((await status()).totals).toMatchObject({ uploading: 1, receivedBytes: 5 });
    await alarmAfter(61);
    expect((await status()).totals).toMatchObject({ queued: 1 });
  });

  test("continues when bytes of it arrive again", async () => {
    await create(declarations(10));
    await apply(started(0));
    await alarmAfter(61);
    await apply({ file: 0, event: "receiving", upload: UPLOAD, receivedBytes: 9 });
    expect((await state()).files).toMatchObject({
      value: { files: [{ state: "uploading", receivedBytes: 9, attempts: 1 }] },
    });
    await apply({ file: 0, event: "interrupted", upload: UPLOAD });
    expect((await status()).totals).toMatchObject({ queued: 1, receivedBytes: 0 });
  });
});

describe("a transaction that throws", () => {
  const listed = async () => {
    const list = await within((batch) => batch.list(everything));
    return list.ok ? list.value.files : list;
  };

  test("changes neither memory nor storage", async () => {
    await create(declarations(1, 2));
    await apply(...allEvents(0));
    const before = await listed();
    const { rev } = await status();
    vi.spyOn(Store.prototype, "saveRecords").mockImplementationOnce(() => {
      throw new Error("The disk is full.");
    });
    await expect(within((batch) => batch.applyEvents(allEvents(1)))).rejects.toThrow(
      "The disk is full.",
    );
    expect(await listed()).toEqual(before);
    await evictDurableObject(stub);
    expect(await listed()).toEqual(before);
    await apply(...allEvents(1));
    expect(await status()).toMatchObject({ state: "completed" });
    expect((await status()).rev).toBeGreaterThan(rev);
  });

  /** Throws after `saveRecords` and `saveBatch`, before the end of the transaction. */
  const failAfterWrites = () =>
    vi.spyOn(Store.prototype, "deleteParts").mockImplementationOnce(() => {
      throw new Error("The disk is full.");
    });
  const aborts = { file: 0, event: "multipartAborted", id: "none" } as const;

  test("sends no frame", async () => {
    await create(declarations(LIMITS.partBytes, 1));
    const texts = await openWatcher();
    failAfterWrites();
    await expect(within((batch) => batch.applyEvents([aborts, ...allEvents(1)]))).rejects.toThrow(
      "The disk is full.",
    );
    await within((batch) => batch.setPaused(true));
    await expect.poll(() => texts.at(-1)).toContain('"event":"batch"');
    expect(texts.join()).not.toContain("uploadProgress");
  });

  test("does not forget the alarm that it has undone", async () => {
    const opened = await within((batch) => {
      const files = declarations(LIMITS.partBytes, 1);
      batch.create({ id: "id", metadata: {}, files, sealed: true });
      return batch.registerMultipart(0, { id: "multipart", key: "id/0/file-0" });
    });
    expect(opened.ok).toBe(true);
    failAfterWrites();
    const cancelling: FileEvent[] = [
      { file: 0, event: "cancelled" },
      { file: 1, event: "multipartAborted", id: "none" },
    ];
    await expect(within((batch) => batch.applyEvents(cancelling))).rejects.toThrow(
      "The disk is full.",
    );
    await within((batch) => batch.cancelFile(0));
    const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
    // The alarm may have run already, and have set the next one for the retry.
    expect(alarm ?? 0).toBeLessThanOrEqual(Date.now() + 61_000);
  });
});

test("a batch of a newer format is refused, and nothing changes it", async () => {
  await create(declarations(1, 2), false);
  const rows = () =>
    runInDurableObject(stub, (_, { storage }) => {
      const config = storage.kv.get<object>("config");
      storage.kv.put("config", { ...config, format: FORMAT + 1 });
      return [...storage.kv.list()];
    });
  const before = await rows();
  await evictDurableObject(stub);
  const refused = { ok: false, code: "not_configured", detail: expect.stringContaining("newer") };
  expect(await state()).toMatchObject({ status: refused, files: refused });
  expect(await apply(...allEvents(0))).toMatchObject(refused);
  expect(await within((batch) => batch.delete())).toMatchObject(refused);
  await runDurableObjectAlarm(stub);
  expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).not.toBeNull();
  expect(await rows()).toEqual(before);
});

test("fields of a record that this version does not know are kept", async () => {
  await create(declarations(1, 2));
  await runInDurableObject(stub, (_, { storage }) => {
    const batch = storage.kv.get<object>("batch");
    const files = storage.kv.get<object[]>("records/000000") ?? [];
    storage.kv.put("batch", { ...batch, later: 1 });
    storage.kv.put(
      "records/000000",
      files.map((file) => Object.assign({}, file, { later: 2 })),
    );
  });
  await evictDurableObject(stub);
  await apply(...allEvents(0), ...allEvents(1));
  const [batch, files] = await runInDurableObject(stub, (_, { storage }) => [
    storage.kv.get("batch"),
    storage.kv.get("records/000000"),
  ]);
  expect(batch).toMatchObject({ later: 1 });
  expect(files).toMatchObject([{ later: 2, state: "completed" }, { later: 2 }]);
});

test("an unknown event changes nothing, and is logged", async () => {
  await create(declarations(1, 2));
  await apply(...allEvents(0));
  const before = await state();
  const log = vi.spyOn(console, "warn").mockReturnValue();
  const unknown: FileEvent = JSON.parse('{ "file": 0, "event": "appraised", "value": 3 }');
  await apply(unknown);
  expect(log).toHaveBeenCalledWith(expect.stringContaining("appraised"));
  expect(await state()).toEqual(before);
  await apply(unknown, ...allEvents(1));
  expect(await status()).toMatchObject({ state: "completed", totals: { completed: 2 } });
});
