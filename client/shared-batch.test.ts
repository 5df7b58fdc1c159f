import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { matchFiles } from "./resume/match-files.ts";
import type { Source } from "./source.ts";
import { BatchRig } from "./testing/batch-rig.ts";
import { source } from "./testing/sources.ts";

// Real servers on a busy machine take their time.
vi.setConfig({ testTimeout: 20_000 });
let rig: BatchRig;

beforeEach(async () => {
  // Full jitter at its shortest: tests wait for no backoff.
  vi.spyOn(Math, "random").mockReturnValue(0);
  rig = await BatchRig.start();
});
afterEach(() => {
  rig.stop();
  vi.restoreAllMocks();
});

/** The files that the server has, and how they are. */
const files = () => rig.model.files.map(({ name, state }) => [name, state]);

/** A new batch of this client's own, with one file that is stored. */
async function startWith(first: Source): Promise<void> {
  const endFirst = rig.uploader.on("files", () => {
    endFirst();
    // Nothing more is sent before the test has had its say.
    rig.model.isPaused = true;
  });
  rig.uploader.add([first]);
  await expect.poll(() => rig.uploader.ledger.count).toBe(1);
}

test("what is declared by the very page that went before, and comes late, is not declared twice", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  rig.goOn([a]);
  const strangers = await matchFiles(rig.uploader, [a, b, c]);
  expect(strangers).toEqual([b, c]);
  rig.declare([b]);
  rig.uploader.add(strangers);
  await expect.poll(() => rig.problems).toMatchObject([{ code: "files_added" }]);
  expect(files().map(([name]) => name)).toEqual(["a", "b"]);
  rig.uploader.add(await matchFiles(rig.uploader, strangers));
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect(files()).toEqual(["a", "b", "c"].map((name) => [name, "completed"]));
});

test("what others declare is waited for, once it is heard of, and may be brought or called off", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  await startWith(a);
  rig.declare([b, c]);
  rig.model.rev++;
  await expect.poll(() => [...rig.uploader.missing]).toEqual([1, 2]);
  rig.model.isPaused = false;
  rig.model.rev++;
  expect(await matchFiles(rig.uploader, [b])).toEqual([]);
  await expect.poll(() => files()[1]).toEqual(["b", "completed"]);
  expect(rig.server.calls("PATCH")).toEqual([]);
  await rig.uploader.cancel([...rig.uploader.missing]);
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect([rig.uploader.summary?.completed, rig.uploader.summary?.cancelled]).toEqual([2, 1]);
  expect(rig.problems).toEqual([]);
});

test("what others declare takes no ids from files that are added here", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  await startWith(a);
  rig.declare([b]);
  rig.uploader.add([c]);
  await expect.poll(() => rig.problems).toMatchObject([{ code: "files_added" }]);
  rig.uploader.add([c]);
  await expect.poll(() => rig.uploader.ledger.count).toBe(3);
  rig.model.isPaused = false;
  rig.model.rev++;
  await rig.uploader.cancel([1]);
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect(files()).toEqual([
    ["a", "completed"],
    ["b", "cancelled"],
    ["c", "completed"],
  ]);
  expect(rig.server.sent).toEqual([0, 2]);
});

test("a file whose content is elsewhere, and that fails there, is not for this client to send", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  rig.goOn([a, b]);
  await matchFiles(rig.uploader, [b]);
  rig.model.turn(0, "failed", "storage_failed");
  await expect.poll(() => rig.uploader.ledger.state(0)).toBe("failed");
  rig.model.turn(0, "queued");
  await expect.poll(() => rig.uploader.ledger.state(0)).toBe("queued");
  expect([...rig.uploader.missing]).toEqual([0]);
  rig.model.turn(0, "completed");
  await expect.poll(() => rig.uploader.summary !== null).toBe(true);
  expect(rig.server.sent).toEqual([1]);
});
