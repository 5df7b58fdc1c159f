import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { matchFiles } from "./resume/match-files.ts";
import { BatchRig } from "./testing/batch-rig.ts";
import { changedFile } from "./testing/changed-file.ts";
import { source } from "./testing/sources.ts";
import { Watcher } from "./watcher.ts";

const CANCEL = "POST /v1/batches/b/cancel";

let rig: BatchRig;

beforeEach(async () => {
  // No jitter: tests wait for no backoff.
  vi.spyOn(Math, "random").mockReturnValue(0);
  rig = await BatchRig.start();
});
afterEach(() => {
  rig.stop();
  vi.restoreAllMocks();
});

/** Name and state of the server's files. */
const files = () => rig.batch.files.map(({ name, state }) => [name, state]);

const failures = () => Object.fromEntries(rig.uploader.ledger.localFailures);

function completion(): Promise<void> {
  return expect.poll(() => rig.uploader.summary !== null).toBe(true);
}

/** Uploads a file, and one that has changed since it was chosen. */
async function uploadChanged(): Promise<void> {
  rig.uploader.add([source("a", 10), { name: "b", blob: await changedFile(20) }]);
  await expect.poll(failures).toEqual({ 1: "file_unreadable" });
  await expect.poll(() => rig.uploader.ledger.state(0)).toBe("completed");
}

test("cancelFailed ends the batch without the files that failed here, with one request", async () => {
  await uploadChanged();
  expect(rig.server.calls("PATCH")).toEqual([]);
  await rig.uploader.cancelFailed();
  await completion();
  expect(rig.uploader.summary).toMatchObject({ completed: 1, cancelled: 1, failed: 0 });
  expect(rig.server.calls(CANCEL).map(({ body }) => body)).toEqual(['{"files":[1]}']);
  expect(rig.problems).toEqual([]);
});

test("cancelFailed that the server refuses is reported, and the failure stays", async () => {
  await uploadChanged();
  const respond = rig.batch.respond.bind(rig.batch);
  const refusal = { status: 400, body: { code: "malformed_request", detail: "" } };
  let refusals = 1;
  vi.spyOn(rig.batch, "respond").mockImplementation((request) =>
    request.call === CANCEL && refusals-- > 0 ? refusal : respond(request),
  );
  await rig.uploader.cancelFailed();
  expect([rig.problems, failures()]).toMatchObject([
    [{ code: "malformed_request" }],
    { 1: "file_unreadable" },
  ]);
  await rig.uploader.cancelFailed();
  await completion();
});

test("cancelFailed without failed files sends nothing", async () => {
  rig.uploader.add([source("a", 10)]);
  await rig.uploader.cancelFailed();
  await completion();
  expect([rig.server.calls(CANCEL), files()]).toEqual([[], [["a", "completed"]]]);
});

describe("a file that is added again", () => {
  const content = (size: number, fill = 0) => new Blob([new Uint8Array(size).fill(fill)]);

  /** Pauses the batch as soon as it exists, so that files wait. */
  function pauseAtOnce(): void {
    const off = rig.uploader.on("files", () => {
      off();
      rig.batch.isPaused = true;
    });
  }

  function resume(): void {
    rig.batch.isPaused = false;
    rig.batch.rev++;
  }

  test("replaces its failed row if its size has changed, and the batch ends", async () => {
    await uploadChanged();
    rig.uploader.add([source("b", 25)]);
    await completion();
    expect(files()).toEqual([
      ["a", "completed"],
      ["b", "cancelled"],
      ["b", "completed"],
    ]);
    expect(rig.uploader.ledger.replaced).toEqual([1]);
    expect(rig.uploader.ledger.currentTotals).toMatchObject({ files: 2, bytes: 35, cancelled: 0 });
    expect(rig.problems).toEqual([]);
  });

  test("keeps its id if size and time are the same", async () => {
    rig.uploader.add([source("a", 10), { ...source("b", 20), blob: await changedFile(20) }]);
    await expect.poll(failures).toEqual({ 1: "file_unreadable" });
    rig.uploader.add([source("b", 20)]);
    await completion();
    expect(files()).toEqual([
      ["a", "completed"],
      ["b", "completed"],
    ]);
    expect([failures(), rig.uploader.ledger.replaced]).toEqual([{}, []]);
  });

  test("has another id if only its time has changed", async () => {
    const blob = await changedFile(20);
    rig.uploader.add([source("a", 10), { name: "b", lastModified: 1, blob }]);
    await expect.poll(failures).toEqual({ 1: "file_unreadable" });
    rig.uploader.add([{ ...source("b", 20), lastModified: 2 }]);
    await completion();
    expect(files().map(([, state]) => state)).toEqual(["completed", "cancelled", "completed"]);
  });

  test("replaces its failed row once, however often it is added", async () => {
    await uploadChanged();
    rig.uploader.add([source("b", 25)]);
    rig.uploader.add([{ name: "b", blob: content(25, 1) }]);
    await completion();
    expect(files().map(([name, state]) => [name, state])).toEqual([
      ["a", "completed"],
      ["b", "cancelled"],
      ["b", "completed"],
      ["b", "completed"],
    ]);
  });

  test("replaces its waiting row if that one has changed on the disk", async () => {
    pauseAtOnce();
    rig.uploader.add([source("a", 10), { name: "b", blob: await changedFile(20) }]);
    await expect.poll(() => rig.uploader.ledger.count).toBe(2);
    rig.uploader.add([source("b", 25)]);
    await expect.poll(files).toEqual([
      ["a", "queued"],
      ["b", "cancelled"],
      ["b", "queued"],
    ]);
    resume();
    await completion();
    expect(rig.server.sent).not.toContain(1);
  });

  test("is sent once if it waits unchanged", async () => {
    pauseAtOnce();
    const b = { ...source("b", 20), lastModified: 7 };
    rig.uploader.add([source("a", 10), b]);
    await expect.poll(() => rig.uploader.ledger.count).toBe(2);
    rig.uploader.add([{ ...b, blob: content(20) }]);
    rig.uploader.add([source("c", 5)]);
    await expect.poll(() => files().map(([name]) => name)).toEqual(["a", "b", "c"]);
    resume();
    await completion();
  });

  test("is another file if the one that waits has other content of the same name", async () => {
    pauseAtOnce();
    rig.uploader.add([{ name: "image.png", lastModified: 1, blob: content(20) }]);
    await expect.poll(() => rig.uploader.ledger.count).toBe(1);
    rig.uploader.add([{ name: "image.png", lastModified: 2, blob: content(20, 1) }]);
    await expect.poll(() => rig.uploader.ledger.count).toBe(2);
    resume();
    await completion();
    expect(rig.uploader.summary).toMatchObject({ files: 2, completed: 2 });
  });

  test("is another file if it is stored, or if the app says so", async () => {
    await uploadChanged();
    rig.uploader.add([source("a", 10)]);
    rig.uploader.add([source("b", 25)], { replaces: false });
    await expect
      .poll(() => files().map(([, state]) => state))
      .toEqual(["completed", "queued", "completed", "completed"]);
    expect(rig.uploader.ledger.replaced).toEqual([]);
  });

  test("is found by its path, in any Unicode form", async () => {
    const blob = await changedFile(20);
    rig.uploader.add([
      { name: "b", path: "x/\u00e9", blob },
      { name: "b", path: "y/e", blob },
    ]);
    await expect.poll(failures).toEqual({ 0: "file_unreadable", 1: "file_unreadable" });
    rig.uploader.add([source("b", 25, "x/e\u0301")]);
    await expect
      .poll(() => files().map(([, state]) => state))
      .toEqual(["cancelled", "queued", "completed"]);
  });

  test("is known to a client that lists the batch later", async () => {
    await uploadChanged();
    rig.uploader.add([source("b", 25)]);
    await completion();
    const watcher = new Watcher({ endpoint: rig.server.origin, batch: "b", token: "read" });
    await expect.poll(() => watcher.ledger.count).toBe(3);
    expect([watcher.ledger.replaced, watcher.ledger.name(2)]).toEqual([[1], "b"]);
    await expect.poll(() => watcher.ledger.currentTotals.files).toBe(2);
    watcher.dispose();
  });
});

test.each([
  ["cancel", () => rig.uploader.cancel([...rig.uploader.missing])],
  ["cancelFailed", () => rig.uploader.cancelFailed()],
])("%s ends a batch that waits for a file which failed on the server", async (_, end) => {
  const [a, b] = [source("a", 10), source("b", 20)];
  rig.declare([a, b]);
  rig.batch.setState(1, "failed", "storage_failed");
  rig.resume();
  expect(await matchFiles(rig.uploader, [a])).toEqual([]);
  await expect.poll(() => files()[0]).toEqual(["a", "completed"]);
  expect([[...rig.uploader.missing], rig.server.calls("PATCH")]).toEqual([[1], []]);
  await end();
  await completion();
  expect(rig.uploader.summary).toMatchObject({ completed: 1, failed: 1 });
});
