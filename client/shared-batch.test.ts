import { afterEach, beforeEach, expect, test, vi } from "vitest";
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

/** Somebody else declares files. */
function declare(sources: readonly Source[]): void {
  model.declare(JSON.stringify({ files: sources.map(declarationOf) }));
}

/** An uploader that goes on with a batch in which these files are declared. */
function goOn(declared: readonly Source[]): void {
  declare(declared);
  uploader = new Uploader({
    endpoint: server.origin,
    batch: { id: "b", tokens: { write: "write" } },
  });
  uploader.on("problem", (problem) => problems.push(problem));
}

/** The files that the server has, and how they are. */
const files = () => model.files.map(({ name, state }) => [name, state]);

/** A new batch of this client's own, with one file that is stored. */
async function startWith(first: Source): Promise<void> {
  uploader = new Uploader({ endpoint: server.origin });
  uploader.on("problem", (problem) => problems.push(problem));
  const endFirst = uploader.on("files", () => {
    endFirst();
    // Nothing more is sent before the test has had its say.
    model.isPaused = true;
  });
  uploader.add([first]);
  await expect.poll(() => uploader.ledger.count, patience).toBe(1);
}

test("what is declared by the very page that went before, and comes late, is not declared twice", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  goOn([a]);
  const strangers = await offer(uploader, [a, b, c]);
  expect(strangers).toEqual([b, c]);
  declare([b]);
  uploader.add(strangers);
  await expect.poll(() => problems, patience).toMatchObject([{ code: "files_added" }]);
  expect(files().map(([name]) => name)).toEqual(["a", "b"]);
  uploader.add(await offer(uploader, strangers));
  await expect.poll(() => uploader.summary !== null, patience).toBe(true);
  expect(files()).toEqual(["a", "b", "c"].map((name) => [name, "completed"]));
});

test("what others declare is waited for, once it is heard of, and may be brought or called off", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  await startWith(a);
  declare([b, c]);
  model.rev++;
  await expect.poll(() => [...uploader.missing], patience).toEqual([1, 2]);
  model.isPaused = false;
  model.rev++;
  expect(await offer(uploader, [b])).toEqual([]);
  await expect.poll(() => files()[1], patience).toEqual(["b", "completed"]);
  expect(server.calls("PATCH")).toEqual([]);
  await uploader.cancel([...uploader.missing]);
  await expect.poll(() => uploader.summary !== null, patience).toBe(true);
  expect([uploader.summary?.completed, uploader.summary?.cancelled]).toEqual([2, 1]);
  expect(problems).toEqual([]);
});

test("what others declare takes no ids from files that are added here", async () => {
  const [a, b, c] = [source("a", 10), source("b", 20), source("c", 30)];
  await startWith(a);
  declare([b]);
  uploader.add([c]);
  await expect.poll(() => problems, patience).toMatchObject([{ code: "files_added" }]);
  uploader.add([c]);
  await expect.poll(() => uploader.ledger.count, patience).toBe(3);
  model.isPaused = false;
  model.rev++;
  await uploader.cancel([1]);
  await expect.poll(() => uploader.summary !== null, patience).toBe(true);
  expect(files()).toEqual([
    ["a", "completed"],
    ["b", "cancelled"],
    ["c", "completed"],
  ]);
  expect(server.sent).toEqual([0, 2]);
});

test("a file whose content is elsewhere, and that fails there, is not for this client to send", async () => {
  const [a, b] = [source("a", 10), source("b", 20)];
  goOn([a, b]);
  await offer(uploader, [b]);
  model.turn(0, "failed", "storage_failed");
  await expect.poll(() => uploader.ledger.state(0), patience).toBe("failed");
  model.turn(0, "queued");
  await expect.poll(() => uploader.ledger.state(0), patience).toBe("queued");
  expect([...uploader.missing]).toEqual([0]);
  model.turn(0, "completed");
  await expect.poll(() => uploader.summary !== null, patience).toBe(true);
  expect(server.sent).toEqual([1]);
});
