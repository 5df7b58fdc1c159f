import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS, MIB } from "../../protocol/index.ts";
import { sha256Of } from "../send/digest.ts";
import { matchFiles } from "./match-files.ts";
import type { Source } from "../source.ts";
import { BatchRig } from "../testing/batch-rig.ts";
import { changedFile } from "../testing/changed-file.ts";
import { ScriptedServer } from "../testing/scripted-server.ts";
import { source } from "../testing/sources.ts";

// Small, so that the tests send few bytes.
Object.assign(LIMITS, { bundleBytes: MIB, partBytes: MIB });

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

function completion(): Promise<void> {
  return expect.poll(() => rig.uploader.summary !== null).toBe(true);
}

test("stored files aren't sent again, and the others complete the batch", async () => {
  const sources = [source("a", 10), source("b", 20), source("c", 30)];
  rig.resume(sources);
  rig.batch.setState(1, "completed");
  expect(await matchFiles(rig.uploader, sources)).toEqual([]);
  await completion();
  expect(rig.server.sent).toEqual([0, 2]);
  expect(rig.server.calls("POST /v1/batches ")).toEqual([]);
  expect(rig.server.calls("PATCH")).toHaveLength(1);
  expect(rig.server.received[0]?.headers["authorization"]).toBe("Bearer write");
  expect([rig.uploader.ledger.count, rig.uploader.summary?.completed]).toEqual([3, 3]);
  expect(rig.problems).toEqual([]);
});

test("only the missing parts of a large file are sent, and progress starts where it was", async () => {
  const sources = [source("large", 3.5 * MIB)];
  rig.resume(sources);
  const [file] = rig.batch.files;
  file?.parts?.received.push(2, 4);
  Object.assign(file ?? {}, { receivedBytes: 1.5 * MIB, attempts: 1 });
  const shares: number[] = [];
  rig.uploader.on("progress", () => shares.push(rig.uploader.ledger.sentBytesTotal));
  await matchFiles(rig.uploader, sources);
  await completion();
  const parts = rig.server.calls("PUT").map(({ call }) => call.at(-1));
  expect(new Set(parts)).toEqual(new Set(["1", "3"]));
  expect(parts).toHaveLength(2);
  expect(Math.min(...shares)).toBe(1.5 * MIB);
});

test("files without a source are missing, and the batch waits for them", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  rig.resume([a, b]);
  expect(await matchFiles(rig.uploader, [b])).toEqual([]);
  expect([...rig.uploader.missing]).toEqual([0]);
  await expect.poll(() => rig.uploader.ledger.state(1)).toBe("completed");
  expect([rig.uploader.running, rig.server.calls("PATCH")]).toEqual([false, []]);
  expect(await matchFiles(rig.uploader, [a])).toEqual([]);
  expect([...rig.uploader.missing]).toEqual([]);
  await completion();
  expect(rig.server.sent).toEqual([0, 1]);
});

test("cancelling the missing files completes the batch", async () => {
  rig.resume([source("a", 10), source("gone", 20)]);
  await matchFiles(rig.uploader, [source("a", 10)]);
  await rig.uploader.cancel([...rig.uploader.missing]);
  await completion();
  expect(rig.uploader.summary).toMatchObject({ completed: 1, cancelled: 1 });
});

test("sources match by path and size, and new ones are returned as unmatched", async () => {
  const inA = source("x", 10, "a/x");
  const inB = source("x", 10, "b/x");
  rig.resume([inA, inB, source("y", 5)]);
  rig.batch.setState(0, "completed");
  const changed = source("y", 6);
  const other = source("z", 5);
  const unmatched = await matchFiles(rig.uploader, [changed, inB, other]);
  expect([[...rig.uploader.missing], unmatched]).toEqual([[2], [changed, other]]);
  await expect.poll(() => rig.server.sent).toEqual([1]);
  rig.uploader.add(unmatched);
  await expect
    .poll(() => rig.batch.files.map(({ state }) => state))
    .toEqual(["completed", "completed", "cancelled", "completed", "completed"]);
  await completion();
  expect(rig.uploader.ledger.replaced).toEqual([2]);
});

test("of two files with equal path and size, the source matches the missing one", async () => {
  rig.resume([source("x", 10), source("x", 10)]);
  rig.batch.setState(0, "completed");
  expect(await matchFiles(rig.uploader, [source("x", 10)])).toEqual([]);
  await completion();
  expect(rig.server.sent).toEqual([1]);
});

test("a batch that was completed before has a summary", async () => {
  rig.resume([source("a", 10)]);
  rig.batch.setState(0, "completed");
  rig.batch.isSealed = true;
  await completion();
  expect(rig.uploader.summary).toMatchObject({ completed: 1 });
});

test("a deleted batch is reported, and nothing is sent", async () => {
  rig.resume([]);
  rig.uploader.dispose();
  rig.server.stop();
  const body = { code: "batch_expired", detail: "" };
  rig.server = await ScriptedServer.start(() => ({ status: 410, body }));
  rig.resume([]);
  const a = source("a", 10);
  expect(await matchFiles(rig.uploader, [a])).toEqual([]);
  expect(rig.problems).toMatchObject([{ code: "batch_expired" }]);
  expect(rig.server.sent).toEqual([]);
});

test("no source is unmatched while the batch's files couldn't be loaded", async () => {
  rig.server.stop();
  const unexpected = { status: 418, body: {} };
  rig.server = await ScriptedServer.start((request) =>
    request.call.includes("/files?") ? unexpected : rig.batch.respond(request),
  );
  rig.resume([source("a", 10)]);
  expect(await matchFiles(rig.uploader, [source("a", 10), source("b", 20)])).toEqual([]);
  expect(rig.problems).toMatchObject([{ code: "unexpected_answer" }]);
});

test("attachContents takes content by id and ignores content of another size", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  rig.resume([a, b]);
  await rig.uploader.attachContents(new Map([0, 1, 2].map((id) => [id, a.blob])));
  expect([...rig.uploader.missing]).toEqual([1]);
  await expect.poll(() => rig.server.sent).toEqual([0]);
});

describe("files with equal path and size", () => {
  const at = (lastModified: number, fill: number, size = 10): Source => {
    const blob = new Blob([new Uint8Array(size).fill(fill)]);
    return { name: "x", lastModified, blob };
  };
  const setDigest = async (id: number, blob: Blob) =>
    Object.assign(rig.batch.files[id] ?? {}, { sha256: await sha256Of(blob) });

  test("match by time, without asking for digests", async () => {
    rig.resume([at(1, 1), at(2, 2)]);
    const requests = vi.spyOn(rig.batch, "respond");
    expect(await matchFiles(rig.uploader, [at(2, 2), at(3, 3)])).toEqual([]);
    await completion();
    expect(requests.mock.calls.filter(([{ call }]) => call.includes("digests"))).toEqual([]);
    expect(rig.server.sent).toEqual([0, 1]);
  });

  test("match by digest, so that a stored file isn't sent in place of the other", async () => {
    const [stored, missing] = [at(1, 1), at(2, 2)];
    rig.declare([stored, missing]);
    rig.batch.setState(0, "completed");
    await setDigest(0, stored.blob);
    rig.resume();
    expect(await matchFiles(rig.uploader, [at(5, 1)])).toEqual([]);
    expect([...rig.uploader.missing]).toEqual([1]);
    await matchFiles(rig.uploader, [at(6, 2)]);
    await completion();
    expect(rig.server.sent).toEqual([1]);
  });

  test("a source that can't be read is unmatched, and the others are matched", async () => {
    const [first, second] = [at(1, 1), at(2, 2)];
    rig.declare([first, second]);
    rig.batch.setState(0, "completed");
    await setDigest(0, first.blob);
    rig.resume();
    const changed: Source = { name: "x", lastModified: 5, blob: await changedFile(10) };
    expect(await matchFiles(rig.uploader, [changed, at(6, 2)])).toEqual([changed]);
    await completion();
    expect([rig.server.sent, rig.problems]).toEqual([[1], []]);
  });

  test("a changed large file isn't sent on top of the parts of its earlier content", async () => {
    const before = at(1, 1, 3.5 * MIB);
    rig.declare([before]);
    const digest = await sha256Of(before.blob.slice(MIB, 2 * MIB));
    Object.assign(rig.batch.files[0]?.parts ?? {}, { received: [2], digests: { 2: digest } });
    Object.assign(rig.batch.files[0] ?? {}, { receivedBytes: MIB, attempts: 1 });
    rig.resume();
    const changed = at(2, 7, 3.5 * MIB);
    expect(await matchFiles(rig.uploader, [changed])).toEqual([changed]);
    expect([...rig.uploader.missing]).toEqual([0]);
    const sameContent = at(3, 1, 3.5 * MIB);
    expect(await matchFiles(rig.uploader, [sameContent])).toEqual([]);
    await completion();
    const parts = rig.server.calls("PUT").map(({ call }) => call.at(-1));
    expect(new Set(parts)).toEqual(new Set(["1", "3", "4"]));
    expect(parts).toHaveLength(3);
  });
});
