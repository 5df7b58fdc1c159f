import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LIMITS, PAGE_ROWS, type Row } from "../../protocol/index.ts";
import { testFile, readProblem, TestBatch } from "../testing/batch.ts";
import { utf8 } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";
import { eventually, type TestWatcher } from "../testing/watcher.ts";

const OK = utf8("ok");
const refused = (count: number) =>
  Array.from({ length: count }, () => testFile(LIMITS.fileBytes + 1));

async function bundleOf(batch: TestBatch, ids: readonly number[]): Promise<void> {
  await batch.bundle(ids.map((name) => ({ name, bytes: OK })));
}

/** Returns the states and progress of a file's rows, in order. */
function stages(watcher: TestWatcher, id: number): [state: string, progress: number][] {
  return watcher
    .rows("uploadProgress")
    .filter(([file]) => file === id)
    .map(([, state, progress]) => [state, progress]);
}

afterEach(() => void vi.restoreAllMocks());

describe("a watcher", () => {
  test("first gets a snapshot of every file that has changed since its declaration", async () => {
    const batch = await TestBatch.create([2, 2, 2]);
    await bundleOf(batch, [1]);
    const watcher = await batch.watch();
    await watcher.next("snapshot");
    expect(watcher.frames).toEqual([
      {
        event: "snapshot",
        rev: (await batch.status()).rev,
        batch: await batch.readerStatus(),
        files: [[1, "completed", 100, 2, null]],
        more: false,
      },
    ]);
  });

  test("gets an empty snapshot if no file has changed", async () => {
    const batch = await TestBatch.create([2]);
    const watcher = await batch.watch();
    expect(await watcher.next("snapshot")).toMatchObject({ rev: 1, files: [], more: false });
  });

  test("gets every state of every file in order, then uploadCompleted", async () => {
    const batch = await TestBatch.create([2, 2, 3]);
    const watcher = await batch.watch();
    await batch.bundle([
      { name: 0, bytes: OK },
      { name: 1, bytes: OK },
      { name: 2, bytes: "four" },
    ]);
    const end = await watcher.next("uploadCompleted");
    const all: [string, number][] = [
      ["uploading", 49],
      ["uploading", 50],
      ["processing", 75],
      ["completed", 100],
    ];
    expect(stages(watcher, 0)).toEqual(all);
    expect(stages(watcher, 1)).toEqual(all);
    expect(stages(watcher, 2)).toEqual([
      ["uploading", 49],
      ["failed", 49],
    ]);
    const { rev, createdAt, completedAt } = await batch.status();
    expect(end).toEqual({
      event: "uploadCompleted",
      rev,
      summary: {
        files: 3,
        completed: 2,
        failed: 1,
        cancelled: 0,
        bytes: 4,
        startedAt: createdAt,
        completedAt,
        durationMs: Date.parse(completedAt ?? "") - Date.parse(createdAt),
        failures: [[2, "3-bytes", "size_mismatch"]],
      },
    });
    expect(end).toMatchObject({ summary: (await batch.status()).summary });
  });

  test("gets totals that match the rev of their frame", async () => {
    const batch = await TestBatch.create([2, 2]);
    const watcher = await batch.watch();
    await bundleOf(batch, [0]);
    const { rev, totals, percentComplete, percentStored } = await batch.status();
    expect(percentStored).toBe(50);
    const percents = { percentComplete, percentStored };
    const frames = () => watcher.frames.filter(({ event }) => event === "uploadProgress");
    await expect.poll(() => frames().at(-1)).toMatchObject({ rev, totals, ...percents });
  });

  test("gets a frame when files are declared and when the batch is sealed", async () => {
    const batch = await TestBatch.create([2], { sealed: false });
    const watcher = await batch.watch();
    await batch.call("/files", { method: "POST", body: JSON.stringify({ files: [testFile(1)] }) });
    const declared = await batch.readerStatus();
    expect(await watcher.next("batch")).toEqual({ event: "batch", rev: 2, batch: declared });
    watcher.clear();
    await batch.call("", { method: "PATCH", body: '{"sealed":true}' });
    expect(await watcher.next("batch")).toMatchObject({ rev: 3, batch: { sealed: true } });
  });

  test("gets uploadCompleted if the batch has completed before", async () => {
    const batch = await TestBatch.create([2]);
    await bundleOf(batch, [0]);
    const watcher = await batch.watch();
    await watcher.next("uploadCompleted");
    const [snapshot, completed] = watcher.frames;
    expect([snapshot?.event, completed?.event]).toEqual(["snapshot", "uploadCompleted"]);
    const { summary } = await batch.status();
    expect(snapshot).toMatchObject({ batch: { summary } });
    expect(completed).toMatchObject({ summary });
  });

  test("gets uploadCompleted again after a retry", async () => {
    const batch = await TestBatch.create([2]);
    await batch.bundle([{ name: 0, bytes: "four" }]);
    const watcher = await batch.watch();
    expect(await watcher.next("uploadCompleted")).toMatchObject({ summary: { failed: 1 } });
    watcher.clear();
    await bundleOf(batch, [0]);
    expect(await watcher.next("uploadCompleted")).toMatchObject({
      summary: { completed: 1, failed: 0, failures: [] },
    });
  });

  test("sees a large file's byte count grow and never shrink", async () => {
    const size = 5_000_000;
    const batch = await TestBatch.create([size]);
    const watcher = await batch.watch();
    const { readable, writable } = new FixedLengthStream(size);
    const sent = batch.put(0, readable);
    const writer = writable.getWriter();
    for (let part = 0; part < 5; part++) {
      await writer.write(noise(size / 5, part + 1));
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    await writer.close();
    await sent;
    await watcher.next("uploadCompleted");
    const bytes = watcher.rows("uploadProgress").map(([, , , received]) => received);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    expect(new Set(bytes).size).toBeGreaterThan(2);
    expect(stages(watcher, 0).slice(-3)).toEqual([
      ["uploading", 50],
      ["processing", 75],
      ["completed", 100],
    ]);
  });
});

describe("frames", () => {
  test("start at once, with at most twenty per second", async () => {
    const batch = await TestBatch.create(Array.from({ length: 40 }, () => 2));
    const watcher = await batch.watch();
    await watcher.next("snapshot");
    watcher.clear();
    const began = Date.now();
    for (let id = 0; id < 40; id++) await bundleOf(batch, [id]);
    await watcher.next("uploadCompleted");
    const took = Date.now() - began;
    const frames = watcher.frames.filter((frame) => frame.event === "uploadProgress");
    // A delayed frame would contain rows of other files.
    expect(new Set(frames[0]?.files.map(([id]) => id))).toEqual(new Set([0]));
    expect(frames.length).toBeLessThanOrEqual(took / 50 + 2);
    expect(frames.length).toBeGreaterThan(1);
    const revs = watcher.frames.map(({ rev }) => rev);
    expect(revs).toEqual(revs.toSorted((a, b) => a - b));
    expect(watcher.rows("uploadProgress")).toHaveLength(40 * 4);
  });

  test("of a large snapshot have a thousand rows each", async () => {
    const batch = await TestBatch.create(refused(LIMITS.files));
    const watcher = await batch.watch();
    await watcher.next("uploadCompleted");
    const snapshots = watcher.frames.filter((frame) => frame.event === "snapshot");
    expect(snapshots.map(({ more, files }) => [more, files.length])).toEqual([
      ...Array.from({ length: 9 }, () => [true, PAGE_ROWS]),
      [false, PAGE_ROWS],
    ]);
    const rows: Row[] = Array.from({ length: LIMITS.files }, (_, id) => {
      return [id, "failed", 0, 0, "too_large"];
    });
    expect(watcher.rows("snapshot")).toEqual(rows);
    expect(watcher.frames.at(-1)).toMatchObject({
      event: "uploadCompleted",
      summary: { failed: LIMITS.files, failures: expect.objectContaining({ length: 100 }) },
    });
  });

  test("go to every watcher, even after another one has left", async () => {
    const batch = await TestBatch.create([2, 2]);
    const watchers = await Promise.all([batch.watch(), batch.watch(), batch.watch()]);
    watchers[1]?.close();
    await bundleOf(batch, [0, 1]);
    const [first, , last] = watchers;
    await first?.next("uploadCompleted");
    await last?.next("uploadCompleted");
    expect(last?.frames).toEqual(first?.frames);
  });
});

describe("a watcher's message", () => {
  test("close is answered, which ends the connection", async () => {
    const batch = await TestBatch.create([2]);
    const watcher = await batch.watch();
    await watcher.next("snapshot");
    watcher.close();
    await eventually(() => watcher.closeCode !== null);
    expect(watcher.closeCode).toBe(1000);
  });

  test("ping is answered with pong", async () => {
    const watcher = await (await TestBatch.create([2])).watch();
    watcher.send("ping");
    await eventually(() => watcher.texts.length > 0);
    expect(watcher.texts).toEqual(["pong"]);
  });

  test.each(["", "PING", '{"type":"ping"}', new Uint8Array([9])])(
    "that keeps a connection open is ignored: %j",
    async (message) => {
      const batch = await TestBatch.create([2]);
      const watcher = await batch.watch();
      watcher.send(message);
      await bundleOf(batch, [0]);
      await watcher.next("uploadCompleted");
      expect([watcher.closeCode, watcher.texts]).toEqual([null, []]);
    },
  );

  test.each(["garbage", "{}", "x".repeat(100_000)])(
    "of any other content closes the socket with 1008: %s",
    async (text) => {
      const batch = await TestBatch.create([2]);
      const [silent, loud] = [await batch.watch(), await batch.watch()];
      loud.send(text);
      await eventually(() => loud.closeCode !== null);
      expect(loud.closeCode).toBe(1008);
      await bundleOf(batch, [0]);
      await silent.next("uploadCompleted");
      expect(silent.closeCode).toBeNull();
    },
  );
});

test("a watcher of a batch that is deleted is told so by the close code", async () => {
  const batch = await TestBatch.create([2]);
  const watcher = await batch.watch();
  await watcher.next("snapshot");
  await batch.call("", { method: "DELETE" });
  await eventually(() => watcher.closeCode !== null);
  expect(watcher.closeCode).toBe(4410);
});

describe("GET …/live", () => {
  test("without an upgrade returns upgrade_required", async () => {
    const batch = await TestBatch.create([2]);
    const response = await batch.call("/live");
    expect(response.headers.get("Upgrade")).toBe("websocket");
    expect(await readProblem(response)).toMatchObject({ status: 426, code: "upgrade_required" });
  });

  test.each(["-1", "x", "1.5", ""])("refuses since=%s", async (since) => {
    const batch = await TestBatch.create([2]);
    const headers = { Upgrade: "websocket" };
    const response = await batch.call(`/live?since=${since}`, { headers });
    expect(await readProblem(response)).toMatchObject({ code: "malformed_request" });
  });
});

describe("an unknown batch", () => {
  test.each(["/live", "/events", ""])("returns batch_not_found: %s", async (path) => {
    const batch = await TestBatch.create([2]);
    await env.BATCH.getByName(batch.id).delete();
    const response = await batch.call(path, { headers: { Upgrade: "websocket" } });
    expect(await readProblem(response)).toMatchObject({ status: 404, code: "batch_not_found" });
  });
});
