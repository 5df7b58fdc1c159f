import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientProblem } from "../errors.ts";
import { FakeBatch } from "../testing/fake-batch.ts";
import { ScriptedServer, type ScriptedResponse } from "../testing/scripted-server.ts";
import { Uploader } from "../uploader.ts";
import type { View } from "../view.ts";
import { Watcher } from "../watcher.ts";

const DECLARE = "POST /v1/batches/b/files";
const SEAL = "PATCH /v1/batches/b";
const CANCEL = "POST /v1/batches/b/cancel";
const LIST = "GET /v1/batches/b/files";

let batch: FakeBatch;
let server: ScriptedServer;
/** Requests that start like this are carried out, but get no response. */
let silent: string | null;
const responses = new Map<unknown, ScriptedResponse>();
const views: View[] = [];

beforeEach(async () => {
  // No jitter: tests wait for no backoff, and repeat requests without a pause.
  vi.spyOn(Math, "random").mockReturnValue(0);
  batch = new FakeBatch();
  silent = null;
  server = await ScriptedServer.start((request) => {
    const key = request.headers["idempotency-key"] ?? Symbol("no key");
    const response = responses.get(key) ?? batch.respond(request);
    responses.set(key, response);
    return silent !== null && request.call.startsWith(silent) ? "cut" : response;
  });
});
afterEach(() => {
  for (const view of views.splice(0)) view.dispose();
  responses.clear();
  server.stop();
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

/** Waits until a request has been repeated for longer than any budget of tries. */
function manyTries(call: string): Promise<void> {
  return expect.poll(() => server.calls(call).length).toBeGreaterThan(100);
}

/** Waits until the view says that a request gets no response although the server can be reached. */
async function blocked(view: View): Promise<void> {
  await expect.poll(() => view.outage).toMatchObject({ reason: "network" });
}

/** Returns an uploader that has sent one file, and gets no response to declaring a second one. */
async function uploaderWithoutResponse(): Promise<Uploader> {
  const uploader = new Uploader({ endpoint: server.origin });
  silent = DECLARE;
  uploader.add(sources("first"));
  uploader.add(sources("second"));
  await manyTries(DECLARE);
  await expect.poll(() => batch.files[0]?.state).toBe("completed");
  return uploader;
}

test("a declaration without a response is repeated with the same key, before the batch is sealed", async () => {
  const uploader = await uploaderWithoutResponse();
  const problems = problemsOf(uploader);
  expect(uploader.running).toBe(true);
  expect(server.calls(SEAL)).toEqual([]);
  silent = null;
  await expect.poll(() => uploader.summary?.completed).toBe(2);
  expect([batch.files.length, problems]).toEqual([2, []]);
  const keys = server.calls(DECLARE).map(({ headers }) => headers["idempotency-key"]);
  expect(new Set(keys).size).toBe(1);
});

test("a batch can be cancelled while a declaration has no response", async () => {
  const uploader = await uploaderWithoutResponse();
  const problems = problemsOf(uploader);
  await uploader.cancel();
  expect(server.calls(CANCEL)).toHaveLength(1);
  expect(uploader.batch?.state).toBe("cancelled");
  await expect.poll(() => uploader.running).toBe(false);
  const tries = server.calls(DECLARE).length;
  await new Promise((resolve) => void setTimeout(resolve, 100));
  expect([problems, server.calls(SEAL), server.calls(DECLARE).length]).toEqual([[], [], tries]);
});

test("sealing without a response is repeated, and the outage is reported until it succeeds", async () => {
  const uploader = new Uploader({ endpoint: server.origin });
  const problems = problemsOf(uploader);
  silent = SEAL;
  uploader.add(sources("first"));
  await blocked(uploader);
  expect(server.calls(SEAL).length).toBeGreaterThan(2);
  silent = null;
  await expect.poll(() => uploader.summary?.completed).toBe(1);
  await expect.poll(() => uploader.outage).toBeNull();
  expect(problems).toEqual([]);
});

test("a watcher reports that no files can be loaded, and loads them as soon as they can", async () => {
  batch.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  silent = LIST;
  const watcher = new Watcher({ endpoint: server.origin, batch: "b", token: "read" });
  const problems = problemsOf(watcher);
  await blocked(watcher);
  silent = null;
  await expect.poll(() => watcher.ledger.count).toBe(1);
  expect([watcher.outage, problems]).toEqual([null, []]);
});

test("a resumed uploader reports that no files can be loaded, and loads them as soon as they can", async () => {
  batch.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  silent = LIST;
  const saved = { id: "b", tokens: { write: "write", read: "read" } };
  const uploader = new Uploader({ endpoint: server.origin, batch: saved });
  const problems = problemsOf(uploader);
  await blocked(uploader);
  silent = null;
  await expect.poll(() => [...uploader.missing]).toEqual([0]);
  expect([uploader.outage, problems]).toEqual([null, []]);
});
