import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS } from "../protocol/index.ts";
import { sha256Of } from "./digest.ts";
import { offer } from "./offer.ts";
import type { ClientProblem } from "./problems.ts";
import { declarationOf, type Source } from "./source.ts";
import { BatchModel } from "./testing/batch-model.ts";
import { ScriptedServer } from "./testing/scripted-server.ts";
import { source } from "./testing/sources.ts";
import { Uploader } from "./uploader.ts";

// Real servers on a busy machine take their time.
vi.setConfig({ testTimeout: 20_000 });
const patience = { timeout: 15_000 };

const MIB = 1024 * 1024;
// Small, so that no test moves more than it must.
Object.assign(LIMITS, { bundleBytes: MIB, partBytes: MIB });

let model: BatchModel;
let server: ScriptedServer;
let uploader: Uploader;
let problems: ClientProblem[];

beforeEach(async () => {
  // Full jitter at its shortest: tests wait for no backoff.
  vi.spyOn(Math, "random").mockReturnValue(0);
  model = new BatchModel();
  problems = [];
  server = await ScriptedServer.start((request) => model.answer(request));
});
afterEach(() => {
  uploader.dispose();
  server.stop();
  vi.restoreAllMocks();
});

/** An uploader that goes on with the batch, in which these files are declared. */
function goOn(declared: readonly Source[]): void {
  declare(declared);
  begin();
}

function declare(sources: readonly Source[]): void {
  model.declare(JSON.stringify({ files: sources.map(declarationOf) }));
}

function begin(): void {
  uploader = new Uploader({
    endpoint: server.origin,
    batch: { id: "b", tokens: { write: "write" } },
  });
  uploader.on("problem", (problem) => problems.push(problem));
}

function completion(): Promise<void> {
  return expect.poll(() => uploader.summary !== null, patience).toBe(true);
}

test("what is stored is not sent again, and the rest completes the batch", async () => {
  const sources = [source("a", 10), source("b", 20), source("c", 30)];
  goOn(sources);
  model.turn(1, "completed");
  expect(await offer(uploader, sources)).toEqual([]);
  await completion();
  expect(server.sent).toEqual([0, 2]);
  expect(server.calls("POST /v1/batches ")).toEqual([]);
  expect(server.calls("PATCH")).toHaveLength(1);
  expect(server.received[0]?.headers["authorization"]).toBe("Bearer write");
  expect([uploader.ledger.count, uploader.summary?.completed]).toEqual([3, 3]);
  expect(problems).toEqual([]);
});

test("of a large file only the parts that are missing are sent, and the bar begins where it was", async () => {
  const sources = [source("large", 3.5 * MIB)];
  goOn(sources);
  const [file] = model.files;
  file?.parts?.received.push(2, 4);
  Object.assign(file ?? {}, { receivedBytes: 1.5 * MIB, attempts: 1 });
  const shares: number[] = [];
  uploader.on("progress", () => shares.push(uploader.ledger.sentBytesTotal));
  await offer(uploader, sources);
  await completion();
  const parts = server.calls("PUT").map(({ call }) => call.at(-1));
  expect(new Set(parts)).toEqual(new Set(["1", "3"]));
  expect(parts).toHaveLength(2);
  expect(Math.min(...shares)).toBe(1.5 * MIB);
});

test("files without a source are told, and the batch waits for them", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  goOn([a, b]);
  expect(await offer(uploader, [b])).toEqual([]);
  expect([...uploader.missing]).toEqual([0]);
  await expect.poll(() => uploader.ledger.state(1), patience).toBe("completed");
  expect([uploader.running, server.calls("PATCH")]).toEqual([false, []]);
  expect(await offer(uploader, [a])).toEqual([]);
  expect([...uploader.missing]).toEqual([]);
  await completion();
  expect(server.sent).toEqual([0, 1]);
});

test("what nobody has any more can be cancelled, so that the batch ends", async () => {
  goOn([source("a", 10), source("gone", 20)]);
  await offer(uploader, [source("a", 10)]);
  await uploader.cancel([...uploader.missing]);
  await completion();
  expect(uploader.summary).toMatchObject({ completed: 1, cancelled: 1 });
});

test("sources are told apart by path and size, and what is new is handed back", async () => {
  const inA = source("x", 10, "a/x");
  const inB = source("x", 10, "b/x");
  goOn([inA, inB, source("y", 5)]);
  model.turn(0, "completed");
  const changed = source("y", 6);
  const other = source("z", 5);
  const unmatched = await offer(uploader, [changed, inB, other]);
  expect([[...uploader.missing], unmatched]).toEqual([[2], [changed, other]]);
  await expect.poll(() => server.sent, patience).toEqual([1]);
  uploader.add(unmatched);
  await expect
    .poll(() => model.files.map(({ state }) => state), patience)
    .toEqual(["completed", "completed", "queued", "completed", "completed"]);
});

test("of files that look alike, the one that is missing gets the source", async () => {
  goOn([source("x", 10), source("x", 10)]);
  model.turn(0, "completed");
  expect(await offer(uploader, [source("x", 10)])).toEqual([]);
  await completion();
  expect(server.sent).toEqual([1]);
});

test("a batch that is complete already says so", async () => {
  goOn([source("a", 10)]);
  model.turn(0, "completed");
  model.isSealed = true;
  await completion();
  expect(uploader.summary).toMatchObject({ completed: 1 });
});

test("a batch that is gone is a problem, and takes nothing", async () => {
  goOn([]);
  uploader.dispose();
  server.stop();
  const body = { code: "batch_expired", detail: "" };
  server = await ScriptedServer.start(() => ({ status: 410, body }));
  goOn([]);
  const a = source("a", 10);
  expect(await offer(uploader, [a])).toEqual([]);
  expect(problems).toMatchObject([{ code: "batch_expired" }]);
  expect(server.sent).toEqual([]);
});

test("where not all files of the batch are known, nothing is taken for none of them", async () => {
  server.stop();
  const strange = { status: 418, body: {} };
  server = await ScriptedServer.start((request) =>
    request.call.includes("/files?") ? strange : model.answer(request),
  );
  goOn([source("a", 10)]);
  expect(await offer(uploader, [source("a", 10), source("b", 20)])).toEqual([]);
  expect(problems).toMatchObject([{ code: "unexpected_answer" }]);
});

test("what was kept of files is supplied by their ids, and what has another size is no such thing", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  goOn([a, b]);
  await uploader.supply(new Map([0, 1, 2].map((id) => [id, a.blob])));
  expect([...uploader.missing]).toEqual([1]);
  await expect.poll(() => server.sent, patience).toEqual([0]);
});

describe("of files that look alike, the time tells, and where it does not, the content", () => {
  const at = (lastModified: number, fill: number, size = 10): Source => {
    const blob = new Blob([new Uint8Array(size).fill(fill)]);
    return { name: "x", lastModified, blob };
  };
  const know = async (id: number, blob: Blob) =>
    Object.assign(model.files[id] ?? {}, { sha256: await sha256Of(blob) });

  test("each source is the file of its time", async () => {
    goOn([at(1, 1), at(2, 2)]);
    const bodies = vi.spyOn(model, "answer");
    expect(await offer(uploader, [at(2, 2), at(3, 3)])).toEqual([]);
    await completion();
    expect(bodies.mock.calls.filter(([{ call }]) => call.includes("digests"))).toEqual([]);
    expect(server.sent).toEqual([0, 1]);
  });

  test("the one that is stored already is not sent in place of the other", async () => {
    const [stored, wanted] = [at(1, 1), at(2, 2)];
    declare([stored, wanted]);
    model.turn(0, "completed");
    await know(0, stored.blob);
    begin();
    expect(await offer(uploader, [at(5, 1)])).toEqual([]);
    expect([...uploader.missing]).toEqual([1]);
    await offer(uploader, [at(6, 2)]);
    await completion();
    expect(server.sent).toEqual([1]);
  });

  test("a large file that has changed is not sent on top of the parts of what it was", async () => {
    const before = at(1, 1, 3.5 * MIB);
    declare([before]);
    const digest = await sha256Of(before.blob.slice(MIB, 2 * MIB));
    Object.assign(model.files[0]?.parts ?? {}, { received: [2], sha256: [digest] });
    Object.assign(model.files[0] ?? {}, { receivedBytes: MIB, attempts: 1 });
    begin();
    const changed = at(2, 7, 3.5 * MIB);
    expect(await offer(uploader, [changed])).toEqual([changed]);
    expect([...uploader.missing]).toEqual([0]);
    const touched = at(3, 1, 3.5 * MIB);
    expect(await offer(uploader, [touched])).toEqual([]);
    await completion();
    const parts = server.calls("PUT").map(({ call }) => call.at(-1));
    expect(new Set(parts)).toEqual(new Set(["1", "3", "4"]));
    expect(parts).toHaveLength(3);
  });
});
