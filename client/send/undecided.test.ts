import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientProblem } from "../errors.ts";
import { FakeBatch } from "../testing/fake-batch.ts";
import { Device } from "../testing/device.ts";
import { ScriptedServer, type Scripted } from "../testing/scripted-server.ts";
import { Uploader } from "../uploader.ts";
import type { View } from "../view.ts";
import { Watcher } from "../watcher.ts";

// Real servers on a busy machine take their time.
vi.setConfig({ testTimeout: 20_000 });
/** Of a call that meets no answer, before it rests. */
const TRIES = 80;

const DECLARE = "POST /v1/batches/b/files";
const SEAL = "PATCH /v1/batches/b";
const CANCEL = "POST /v1/batches/b/cancel";
const LIST = "GET /v1/batches/b/files";

let device: Device;
let model: FakeBatch;
let server: ScriptedServer;
/** Calls that begin so get no answer, though they are done. */
let silent: string | null;
const answers = new Map<unknown, Scripted>();
const views: View[] = [];

beforeEach(async () => {
  // Full jitter at its shortest: tests wait for no backoff.
  vi.spyOn(Math, "random").mockReturnValue(0);
  device = new Device();
  model = new FakeBatch();
  silent = null;
  server = await ScriptedServer.start((request) => {
    const key = request.headers["idempotency-key"] ?? Symbol("its own");
    const answer = answers.get(key) ?? model.answer(request);
    answers.set(key, answer);
    return silent !== null && request.call.startsWith(silent) ? "cut" : answer;
  });
});
afterEach(() => {
  for (const view of views.splice(0)) view.dispose();
  answers.clear();
  server.stop();
  device.remove();
  vi.restoreAllMocks();
});

function problemsOf(view: View): ClientProblem[] {
  views.push(view);
  const problems: ClientProblem[] = [];
  view.on("problem", (problem) => problems.push(problem));
  return problems;
}

function sources(...names: string[]) {
  return names.map((name) => ({ name, blob: new Blob([name]) }));
}

/** All tries of a call are used up. */
function isGivenUp(call: string): Promise<void> {
  return expect.poll(() => server.calls(call).length).toBe(TRIES);
}

/** An uploader that has sent one file, and cannot find out whether a second one was declared. */
async function uploaderInDoubt(): Promise<Uploader> {
  const uploader = new Uploader({ endpoint: server.origin });
  silent = DECLARE;
  uploader.add(sources("first"));
  uploader.add(sources("second"));
  await isGivenUp(DECLARE);
  await expect.poll(() => model.files[0]?.state).toBe("completed");
  return uploader;
}

test("files that may have been declared are declared again under the same key, before the batch is sealed", async () => {
  const uploader = await uploaderInDoubt();
  const problems = problemsOf(uploader);
  expect(uploader.running).toBe(true);
  expect(server.calls(SEAL)).toEqual([]);
  silent = null;
  device.go("online");
  await expect.poll(() => uploader.summary?.completed).toBe(2);
  expect([model.files.length, problems]).toEqual([2, []]);
  const keys = server.calls(DECLARE).map(({ headers }) => headers["idempotency-key"]);
  expect(keys.length).toBeGreaterThan(TRIES);
  expect(new Set(keys).size).toBe(1);
});

test("a batch may be called off while files may have been declared", async () => {
  const uploader = await uploaderInDoubt();
  const problems = problemsOf(uploader);
  await uploader.cancel();
  expect(server.calls(CANCEL)).toHaveLength(1);
  expect(uploader.batch?.state).toBe("cancelled");
  await expect.poll(() => uploader.running).toBe(false);
  device.go("online");
  expect([problems, server.calls(SEAL)]).toEqual([[], []]);
});

test("a batch that may not have been sealed is sealed when the network is back", async () => {
  const uploader = new Uploader({ endpoint: server.origin });
  const problems = problemsOf(uploader);
  silent = SEAL;
  uploader.add(sources("first"));
  await isGivenUp(SEAL);
  await expect.poll(() => problems).toMatchObject([{ code: "connection_failed" }]);
  silent = null;
  device.go("online");
  await expect.poll(() => server.calls(SEAL).length).toBeGreaterThan(TRIES);
});

test("a watcher who could not load the files is told so, and loads them when the network is back", async () => {
  model.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  silent = LIST;
  const watcher = new Watcher({ endpoint: server.origin, batch: "b", token: "read" });
  const problems = problemsOf(watcher);
  await isGivenUp(LIST);
  await expect.poll(() => problems).toMatchObject([{ code: "connection_failed" }]);
  silent = null;
  device.go("online");
  await expect.poll(() => watcher.ledger.count).toBe(1);
});

test("whoever goes on with a batch, and could not load its files, does so when the network is back", async () => {
  model.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  silent = LIST;
  const batch = { id: "b", tokens: { write: "write", read: "read" } };
  const uploader = new Uploader({ endpoint: server.origin, batch });
  const problems = problemsOf(uploader);
  await isGivenUp(LIST);
  await expect.poll(() => problems).toMatchObject([{ code: "connection_failed" }]);
  silent = null;
  device.go("online");
  await expect.poll(() => [...uploader.missing]).toEqual([0]);
});
