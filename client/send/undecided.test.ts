import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientProblem } from "../errors.ts";
import { FakeBatch } from "../testing/fake-batch.ts";
import { FakeDevice } from "../testing/fake-device.ts";
import { ScriptedServer, type ScriptedResponse } from "../testing/scripted-server.ts";
import { Uploader } from "../uploader.ts";
import type { View } from "../view.ts";
import { Watcher } from "../watcher.ts";

/** Tries of a request without a response, before the next round. */
const TRIES = 80;

const DECLARE = "POST /v1/batches/b/files";
const SEAL = "PATCH /v1/batches/b";
const CANCEL = "POST /v1/batches/b/cancel";
const LIST = "GET /v1/batches/b/files";

let device: FakeDevice;
let batch: FakeBatch;
let server: ScriptedServer;
/** Requests that start like this are carried out, but get no response. */
let silent: string | null;
const responses = new Map<unknown, ScriptedResponse>();
const views: View[] = [];

beforeEach(async () => {
  // No jitter: tests wait for no backoff.
  vi.spyOn(Math, "random").mockReturnValue(0);
  device = new FakeDevice();
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

/** Waits until all tries of a request are used up. */
function allTries(call: string): Promise<void> {
  return expect.poll(() => server.calls(call).length).toBe(TRIES);
}

/** Returns an uploader that has sent one file, and gets no response to declaring a second one. */
async function uploaderWithoutResponse(): Promise<Uploader> {
  const uploader = new Uploader({ endpoint: server.origin });
  silent = DECLARE;
  uploader.add(sources("first"));
  uploader.add(sources("second"));
  await allTries(DECLARE);
  await expect.poll(() => batch.files[0]?.state).toBe("completed");
  return uploader;
}

test("a declaration without a response is repeated with the same key, before the batch is sealed", async () => {
  const uploader = await uploaderWithoutResponse();
  const problems = problemsOf(uploader);
  expect(uploader.running).toBe(true);
  expect(server.calls(SEAL)).toEqual([]);
  silent = null;
  device.setNetwork("online");
  await expect.poll(() => uploader.summary?.completed).toBe(2);
  expect([batch.files.length, problems]).toEqual([2, []]);
  const keys = server.calls(DECLARE).map(({ headers }) => headers["idempotency-key"]);
  expect(keys.length).toBeGreaterThan(TRIES);
  expect(new Set(keys).size).toBe(1);
});

test("a batch can be cancelled while a declaration has no response", async () => {
  const uploader = await uploaderWithoutResponse();
  const problems = problemsOf(uploader);
  await uploader.cancel();
  expect(server.calls(CANCEL)).toHaveLength(1);
  expect(uploader.batch?.state).toBe("cancelled");
  await expect.poll(() => uploader.running).toBe(false);
  device.setNetwork("online");
  expect([problems, server.calls(SEAL)]).toEqual([[], []]);
});

test("sealing without a response is repeated when the network is back", async () => {
  const uploader = new Uploader({ endpoint: server.origin });
  const problems = problemsOf(uploader);
  silent = SEAL;
  uploader.add(sources("first"));
  await allTries(SEAL);
  await expect.poll(() => problems).toMatchObject([{ code: "connection_failed" }]);
  silent = null;
  device.setNetwork("online");
  await expect.poll(() => server.calls(SEAL).length).toBeGreaterThan(TRIES);
});

test("a watcher reports that loading files failed, and loads them when the network is back", async () => {
  batch.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  silent = LIST;
  const watcher = new Watcher({ endpoint: server.origin, batch: "b", token: "read" });
  const problems = problemsOf(watcher);
  await allTries(LIST);
  await expect.poll(() => problems).toMatchObject([{ code: "connection_failed" }]);
  silent = null;
  device.setNetwork("online");
  await expect.poll(() => watcher.ledger.count).toBe(1);
});

test("a resumed uploader reports that loading files failed, and loads them when the network is back", async () => {
  batch.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  silent = LIST;
  const saved = { id: "b", tokens: { write: "write", read: "read" } };
  const uploader = new Uploader({ endpoint: server.origin, batch: saved });
  const problems = problemsOf(uploader);
  await allTries(LIST);
  await expect.poll(() => problems).toMatchObject([{ code: "connection_failed" }]);
  silent = null;
  device.setNetwork("online");
  await expect.poll(() => [...uploader.missing]).toEqual([0]);
});
