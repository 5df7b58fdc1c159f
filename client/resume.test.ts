import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../protocol/index.ts";
import type { ClientProblem } from "./problems.ts";
import type { Source } from "./source.ts";
import { BatchModel } from "./testing/batch-model.ts";
import { ScriptedServer } from "./testing/scripted-server.ts";
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
  const files = declared.map(({ name, path, blob }) => ({ name, path, size: blob.size }));
  model.declare(JSON.stringify({ files }));
  uploader = new Uploader({
    endpoint: server.origin,
    batch: { id: "b", tokens: { write: "write" } },
  });
  uploader.on("problem", (problem) => problems.push(problem));
}

function source(name: string, size: number, path?: string): Source {
  return { name, ...(path !== undefined && { path }), blob: new Blob([new Uint8Array(size)]) };
}

function completion(): Promise<void> {
  return expect.poll(() => uploader.summary !== null, patience).toBe(true);
}

/** The files whose bytes went out. */
function sent(): readonly number[] {
  const carriers = server.received.filter(({ call }) => /PUT|bundle/u.test(call));
  return carriers.flatMap(({ files }) => files).toSorted((a, b) => a - b);
}

test("what is stored is not sent again, and the rest completes the batch", async () => {
  const sources = [source("a", 10), source("b", 20), source("c", 30)];
  goOn(sources);
  model.turn(1, "completed");
  expect(await uploader.offer(sources)).toEqual({ missing: [], unmatched: [] });
  await completion();
  expect(sent()).toEqual([0, 2]);
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
  await uploader.offer(sources);
  await completion();
  const parts = server.calls("PUT").map(({ call }) => call.at(-1));
  expect(new Set(parts)).toEqual(new Set(["1", "3"]));
  expect(parts).toHaveLength(2);
  expect(Math.min(...shares)).toBe(1.5 * MIB);
});

test("files without a source are told, and the batch waits for them", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  goOn([a, b]);
  expect(await uploader.offer([b])).toEqual({ missing: [0], unmatched: [] });
  await expect.poll(() => uploader.ledger.state(1), patience).toBe("completed");
  expect([uploader.running, server.calls("PATCH")]).toEqual([false, []]);
  expect(await uploader.offer([a])).toEqual({ missing: [], unmatched: [] });
  await completion();
  expect(sent()).toEqual([0, 1]);
});

test("what nobody has any more can be cancelled, so that the batch ends", async () => {
  goOn([source("a", 10), source("gone", 20)]);
  const { missing } = await uploader.offer([source("a", 10)]);
  await uploader.cancel(missing);
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
  const { missing, unmatched } = await uploader.offer([changed, inB, other]);
  expect([missing, unmatched]).toEqual([[2], [changed, other]]);
  await expect.poll(sent, patience).toEqual([1]);
  uploader.add(unmatched);
  await expect
    .poll(() => model.files.map(({ state }) => state), patience)
    .toEqual(["completed", "completed", "queued", "completed", "completed"]);
});

test("of files that look alike, the one that is missing gets the source", async () => {
  goOn([source("x", 10), source("x", 10)]);
  model.turn(0, "completed");
  expect(await uploader.offer([source("x", 10)])).toEqual({ missing: [], unmatched: [] });
  await completion();
  expect(sent()).toEqual([1]);
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
  expect(await uploader.offer([a])).toEqual({ missing: [], unmatched: [a] });
  expect(problems).toMatchObject([{ code: "batch_expired" }]);
  expect(sent()).toEqual([]);
});
