import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { sha256Of } from "../send/digest.ts";
import { matchFiles } from "./match-files.ts";
import type { Source } from "../source.ts";
import { BatchRig } from "../testing/batch-rig.ts";
import { ScriptedServer } from "../testing/scripted-server.ts";
import { source } from "../testing/sources.ts";

// Real servers on a busy machine take their time.
vi.setConfig({ testTimeout: 20_000 });
const MIB = 1024 * 1024;
// Small, so that no test moves more than it must.
Object.assign(LIMITS, { bundleBytes: MIB, partBytes: MIB });

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

function completion(): Promise<void> {
  return expect.poll(() => rig.uploader.summary !== null).toBe(true);
}

test("what is stored is not sent again, and the rest completes the batch", async () => {
  const sources = [source("a", 10), source("b", 20), source("c", 30)];
  rig.goOn(sources);
  rig.model.turn(1, "completed");
  expect(await matchFiles(rig.uploader, sources)).toEqual([]);
  await completion();
  expect(rig.server.sent).toEqual([0, 2]);
  expect(rig.server.calls("POST /v1/batches ")).toEqual([]);
  expect(rig.server.calls("PATCH")).toHaveLength(1);
  expect(rig.server.received[0]?.headers["authorization"]).toBe("Bearer write");
  expect([rig.uploader.ledger.count, rig.uploader.summary?.completed]).toEqual([3, 3]);
  expect(rig.problems).toEqual([]);
});

test("of a large file only the parts that are missing are sent, and the bar begins where it was", async () => {
  const sources = [source("large", 3.5 * MIB)];
  rig.goOn(sources);
  const [file] = rig.model.files;
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

test("files without a source are told, and the batch waits for them", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  rig.goOn([a, b]);
  expect(await matchFiles(rig.uploader, [b])).toEqual([]);
  expect([...rig.uploader.missing]).toEqual([0]);
  await expect.poll(() => rig.uploader.ledger.state(1)).toBe("completed");
  expect([rig.uploader.running, rig.server.calls("PATCH")]).toEqual([false, []]);
  expect(await matchFiles(rig.uploader, [a])).toEqual([]);
  expect([...rig.uploader.missing]).toEqual([]);
  await completion();
  expect(rig.server.sent).toEqual([0, 1]);
});

test("what nobody has any more can be cancelled, so that the batch ends", async () => {
  rig.goOn([source("a", 10), source("gone", 20)]);
  await matchFiles(rig.uploader, [source("a", 10)]);
  await rig.uploader.cancel([...rig.uploader.missing]);
  await completion();
  expect(rig.uploader.summary).toMatchObject({ completed: 1, cancelled: 1 });
});

test("sources are told apart by path and size, and what is new is handed back", async () => {
  const inA = source("x", 10, "a/x");
  const inB = source("x", 10, "b/x");
  rig.goOn([inA, inB, source("y", 5)]);
  rig.model.turn(0, "completed");
  const changed = source("y", 6);
  const other = source("z", 5);
  const unmatched = await matchFiles(rig.uploader, [changed, inB, other]);
  expect([[...rig.uploader.missing], unmatched]).toEqual([[2], [changed, other]]);
  await expect.poll(() => rig.server.sent).toEqual([1]);
  rig.uploader.add(unmatched);
  await expect
    .poll(() => rig.model.files.map(({ state }) => state))
    .toEqual(["completed", "completed", "queued", "completed", "completed"]);
});

test("of files that look alike, the one that is missing gets the source", async () => {
  rig.goOn([source("x", 10), source("x", 10)]);
  rig.model.turn(0, "completed");
  expect(await matchFiles(rig.uploader, [source("x", 10)])).toEqual([]);
  await completion();
  expect(rig.server.sent).toEqual([1]);
});

test("a batch that is complete already says so", async () => {
  rig.goOn([source("a", 10)]);
  rig.model.turn(0, "completed");
  rig.model.isSealed = true;
  await completion();
  expect(rig.uploader.summary).toMatchObject({ completed: 1 });
});

test("a batch that is gone is a problem, and takes nothing", async () => {
  rig.goOn([]);
  rig.uploader.dispose();
  rig.server.stop();
  const body = { code: "batch_expired", detail: "" };
  rig.server = await ScriptedServer.start(() => ({ status: 410, body }));
  rig.goOn([]);
  const a = source("a", 10);
  expect(await matchFiles(rig.uploader, [a])).toEqual([]);
  expect(rig.problems).toMatchObject([{ code: "batch_expired" }]);
  expect(rig.server.sent).toEqual([]);
});

test("where not all files of the batch are known, nothing is taken for none of them", async () => {
  rig.server.stop();
  const strange = { status: 418, body: {} };
  rig.server = await ScriptedServer.start((request) =>
    request.call.includes("/files?") ? strange : rig.model.answer(request),
  );
  rig.goOn([source("a", 10)]);
  expect(await matchFiles(rig.uploader, [source("a", 10), source("b", 20)])).toEqual([]);
  expect(rig.problems).toMatchObject([{ code: "unexpected_answer" }]);
});

test("what was kept of files is supplied by their ids, and what has another size is no such thing", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  rig.goOn([a, b]);
  await rig.uploader.attachContents(new Map([0, 1, 2].map((id) => [id, a.blob])));
  expect([...rig.uploader.missing]).toEqual([1]);
  await expect.poll(() => rig.server.sent).toEqual([0]);
});

describe("of files that look alike, the time tells, and where it does not, the content", () => {
  const at = (lastModified: number, fill: number, size = 10): Source => {
    const blob = new Blob([new Uint8Array(size).fill(fill)]);
    return { name: "x", lastModified, blob };
  };
  const know = async (id: number, blob: Blob) =>
    Object.assign(rig.model.files[id] ?? {}, { sha256: await sha256Of(blob) });

  test("each source is the file of its time", async () => {
    rig.goOn([at(1, 1), at(2, 2)]);
    const bodies = vi.spyOn(rig.model, "answer");
    expect(await matchFiles(rig.uploader, [at(2, 2), at(3, 3)])).toEqual([]);
    await completion();
    expect(bodies.mock.calls.filter(([{ call }]) => call.includes("digests"))).toEqual([]);
    expect(rig.server.sent).toEqual([0, 1]);
  });

  test("the one that is stored already is not sent in place of the other", async () => {
    const [stored, wanted] = [at(1, 1), at(2, 2)];
    rig.declare([stored, wanted]);
    rig.model.turn(0, "completed");
    await know(0, stored.blob);
    rig.goOn();
    expect(await matchFiles(rig.uploader, [at(5, 1)])).toEqual([]);
    expect([...rig.uploader.missing]).toEqual([1]);
    await matchFiles(rig.uploader, [at(6, 2)]);
    await completion();
    expect(rig.server.sent).toEqual([1]);
  });

  test("a large file that has changed is not sent on top of the parts of what it was", async () => {
    const before = at(1, 1, 3.5 * MIB);
    rig.declare([before]);
    const digest = await sha256Of(before.blob.slice(MIB, 2 * MIB));
    Object.assign(rig.model.files[0]?.parts ?? {}, { received: [2], sha256: [digest] });
    Object.assign(rig.model.files[0] ?? {}, { receivedBytes: MIB, attempts: 1 });
    rig.goOn();
    const changed = at(2, 7, 3.5 * MIB);
    expect(await matchFiles(rig.uploader, [changed])).toEqual([changed]);
    expect([...rig.uploader.missing]).toEqual([0]);
    const touched = at(3, 1, 3.5 * MIB);
    expect(await matchFiles(rig.uploader, [touched])).toEqual([]);
    await completion();
    const parts = rig.server.calls("PUT").map(({ call }) => call.at(-1));
    expect(new Set(parts)).toEqual(new Set(["1", "3", "4"]));
    expect(parts).toHaveLength(3);
  });
});
