import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { matchFiles } from "./resume/match-files.ts";
import type { Source } from "./source.ts";
import { BatchRig } from "./testing/batch-rig.ts";
import { source } from "./testing/sources.ts";

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

/** Creates a batch with one file, and pauses it before that is sent. */
async function startWith(first: Source): Promise<void> {
  const off = rig.uploader.on("files", () => {
    off();
    rig.batch.isPaused = true;
  });
  rig.uploader.add([first]);
  await expect.poll(() => rig.uploader.ledger.count).toBe(1);
}

test("files that an earlier page declared late aren't declared twice", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  rig.resume([a]);
  const unmatched = await matchFiles(rig.uploader, [a, b, c]);
  expect(unmatched).toEqual([b, c]);
  rig.declare([b]);
  rig.uploader.add(unmatched);
  await expect.poll(() => rig.problems).toMatchObject([{ code: "files_added" }]);
  expect(files().map(([name]) => name)).toEqual(["a", "b"]);
  rig.uploader.add(await matchFiles(rig.uploader, unmatched));
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect(files()).toEqual(["a", "b", "c"].map((name) => [name, "completed"]));
});

test("a batch that is opened without files isn't sealed before it has some", async () => {
  rig.resume([]);
  await expect.poll(() => rig.uploader.connection).not.toBe("connecting");
  expect(rig.server.calls("PATCH")).toEqual([]);
  rig.uploader.add([source("a", 10)]);
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect(files()).toEqual([["a", "completed"]]);
});

test("files that another client declares are missing until they are matched or cancelled", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  await startWith(a);
  rig.declare([b, c]);
  rig.batch.rev++;
  await expect.poll(() => [...rig.uploader.missing]).toEqual([1, 2]);
  rig.batch.isPaused = false;
  rig.batch.rev++;
  expect(await matchFiles(rig.uploader, [b])).toEqual([]);
  await expect.poll(() => files()[1]).toEqual(["b", "completed"]);
  expect(rig.server.calls("PATCH")).toEqual([]);
  await rig.uploader.cancel([...rig.uploader.missing]);
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect([rig.uploader.summary?.completed, rig.uploader.summary?.cancelled]).toEqual([2, 1]);
  expect(rig.problems).toEqual([]);
});

test("files that another client declares before it cancels the batch are shown", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  await startWith(a);
  rig.declare([b]);
  rig.batch.isCancelled = true;
  rig.batch.rev++;
  await expect.poll(() => rig.uploader.batch?.state).toBe("cancelled");
  await expect.poll(() => rig.uploader.ledger.count).toBe(2);
  expect(rig.problems).toEqual([]);
});

test("files that another client declares first are reported, and adding again gets other ids", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  await startWith(a);
  rig.declare([b]);
  rig.uploader.add([c]);
  await expect.poll(() => rig.problems).toMatchObject([{ code: "files_added" }]);
  rig.uploader.add([c]);
  await expect.poll(() => rig.uploader.ledger.count).toBe(3);
  rig.batch.isPaused = false;
  rig.batch.rev++;
  await rig.uploader.cancel([1]);
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect(files()).toEqual([
    ["a", "completed"],
    ["b", "cancelled"],
    ["c", "completed"],
  ]);
  expect(rig.server.sent).toEqual([0, 2]);
});

test("a failed file whose content is elsewhere isn't retried here", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  rig.resume([a, b]);
  await matchFiles(rig.uploader, [b]);
  rig.batch.setState(0, "failed", "storage_failed");
  await expect.poll(() => rig.uploader.ledger.state(0)).toBe("failed");
  rig.batch.setState(0, "queued");
  await expect.poll(() => rig.uploader.ledger.state(0)).toBe("queued");
  expect([...rig.uploader.missing]).toEqual([0]);
  rig.batch.setState(0, "completed");
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect(rig.server.sent).toEqual([1]);
});
