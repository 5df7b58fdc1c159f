import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { matchFiles } from "./resume/match-files.ts";
import { BatchRig } from "./testing/batch-rig.ts";
import { changedFile } from "./testing/changed-file.ts";
import { source } from "./testing/sources.ts";

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
  const respond = vi.spyOn(rig.batch, "respond");
  respond.mockReturnValueOnce({ status: 400, body: { code: "malformed_request", detail: "" } });
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
