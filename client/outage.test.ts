import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientProblem } from "./errors.ts";
import { FakeBatch } from "./testing/fake-batch.ts";
import { ScriptedServer, type ScriptedResponse } from "./testing/scripted-server.ts";
import type { Outage } from "./transport/reachability.ts";
import { Uploader } from "./uploader.ts";
import type { UploaderOptions } from "./uploader-options.ts";
import type { View } from "./view.ts";
import { Watcher } from "./watcher.ts";

const CREATE = "POST /v1/batches";
const CHALLENGE = {
  status: 403,
  headers: { "cf-mitigated": "challenge" },
  isForeign: true,
} as const;
/** Ends of a request that say nothing about it. */
const NO_CONNECTION: readonly ScriptedResponse[] = [
  "cut",
  "silent",
  ...[200, 403, 502].map((status) => ({ status, isForeign: true }) as const),
];

let batch: FakeBatch;
let server: ScriptedServer;
/** Responses in place of the server's, by the start of a call. */
let between: Map<string, ScriptedResponse>;
const views: View[] = [];

beforeEach(async () => {
  // No jitter: tests wait for no backoff.
  vi.spyOn(Math, "random").mockReturnValue(0);
  batch = new FakeBatch();
  between = new Map();
  server = await ScriptedServer.start((request) => {
    const [, response] = [...between].find(([call]) => request.call.startsWith(call)) ?? [];
    return response ?? batch.respond(request);
  });
});
afterEach(() => {
  for (const view of views.splice(0)) view.dispose();
  server.stop();
  vi.restoreAllMocks();
});

interface Reports {
  problems: ClientProblem[];
  /** Reasons of outages, and null at the end of each. */
  outages: (Outage["reason"] | null)[];
}

function reportsOf(view: View): Reports {
  views.push(view);
  const reports: Reports = { problems: [], outages: [] };
  view.on("problem", (problem) => reports.problems.push(problem));
  view.on("outage", (outage) => reports.outages.push(outage?.reason ?? null));
  return reports;
}

function upload(options: Partial<UploaderOptions> = {}): Uploader {
  const uploader = new Uploader({ endpoint: server.origin, ...options });
  uploader.add([{ name: "a", blob: new Blob(["a"]) }]);
  return uploader;
}

/** Lets something in between respond to all calls, `/v1/health` included. */
function interrupt(response: ScriptedResponse): () => void {
  const { health } = server;
  for (const method of ["GET", "POST", "PATCH"]) between.set(`${method} /v1/batches`, response);
  server.health = response;
  return () => {
    between.clear();
    server.health = health;
  };
}

function tries(call: string): Promise<void> {
  return expect.poll(() => server.calls(call).length).toBeGreaterThan(2);
}

test.each(NO_CONNECTION)("a batch is created and sealed after an outage: %o", async (response) => {
  const restore = interrupt(response);
  const uploader = upload();
  const { problems, outages } = reportsOf(uploader);
  await expect.poll(() => server.calls(CREATE).length).toBeGreaterThan(0);
  await expect
    .poll(() => uploader.outage)
    .toMatchObject({
      since: expect.any(Number),
      reason: typeof response === "string" ? "network" : "foreign",
    });
  expect(server.calls(CREATE)).toHaveLength(1);
  restore();
  await expect.poll(() => uploader.summary?.completed).toBe(1);
  expect([problems, outages.at(-1), outages.length]).toEqual([[], null, 2]);
});

test.each(["POST /v1/batches", "PATCH /v1/batches/b", "GET /v1/batches/b"])(
  "a call that only a foreign response reaches is repeated, and reported: %s",
  async (call) => {
    between.set(call, { status: 403, isForeign: true });
    const uploader = upload();
    const { problems, outages } = reportsOf(uploader);
    await tries(call);
    await expect.poll(() => outages).toEqual(["foreign"]);
    between.clear();
    await expect.poll(() => uploader.summary?.completed).toBe(1);
    await expect.poll(() => outages).toEqual(["foreign", null]);
    expect(problems).toEqual([]);
  },
);

test("a silent server is checked, and a call that it holds is repeated only if it can't be reached", async () => {
  between.set(CREATE, "silent");
  const uploader = upload();
  const { outages } = reportsOf(uploader);
  const fetching = vi.spyOn(globalThis, "fetch");
  const isCheck = (url: unknown): boolean => url instanceof URL && url.pathname === "/v1/health";
  const checks = () => fetching.mock.calls.filter(([url]) => isCheck(url)).length;
  const creations = () => server.received.filter(({ call }) => call === CREATE);
  await expect.poll(checks).toBeGreaterThan(1);
  expect([creations().length, outages]).toEqual([1, []]);
  server.health = "silent";
  await expect.poll(() => outages).toEqual(["network"]);
  expect(creations()).toHaveLength(1);
  between.clear();
  server.health = {};
  await expect.poll(() => uploader.summary?.completed).toBe(1);
  const keys = creations().map(({ headers }) => headers["idempotency-key"]);
  expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
});

test("a challenge is reported at once", async () => {
  const restore = interrupt(CHALLENGE);
  const uploader = upload();
  const { outages } = reportsOf(uploader);
  await expect.poll(() => outages).toEqual(["challenge"]);
  restore();
  await expect.poll(() => outages).toEqual(["challenge", null]);
});

test("a watcher survives foreign responses to its polls and pages", async () => {
  batch.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  between.set("GET", { status: 403, isForeign: true });
  const watcher = new Watcher({ endpoint: server.origin, batch: "b", token: "read" });
  const { problems } = reportsOf(watcher);
  await tries("GET /v1/batches/b/files");
  between.clear();
  await expect.poll(() => [watcher.ledger.count, watcher.connection]).toEqual([1, "polling"]);
  between.set("GET /v1/batches/b?", { status: 403, isForeign: true });
  await tries("GET /v1/batches/b?");
  await expect.poll(() => watcher.connection).toBe("connecting");
  between.clear();
  batch.setState(0, "completed");
  await expect.poll(() => watcher.ledger.state(0)).toBe("completed");
  expect(problems).toEqual([]);
});

test("a poll survives errors of the server's own, except those that end the batch", async () => {
  batch.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  const watcher = new Watcher({ endpoint: server.origin, batch: "b", token: "read" });
  const { problems } = reportsOf(watcher);
  await expect.poll(() => watcher.connection).toBe("polling");
  for (const [status, code] of [
    [400, "malformed_request"],
    [400, "of a newer server"],
    [500, "internal_error"],
  ]) {
    between.set("GET /v1/batches/b?", { status: Number(status), body: { code, detail: "" } });
    const before = server.calls("GET /v1/batches/b?").length;
    await expect.poll(() => server.calls("GET /v1/batches/b?").length).toBeGreaterThan(before + 2);
  }
  between.clear();
  batch.setState(0, "completed");
  await expect.poll(() => watcher.ledger.state(0)).toBe("completed");
  expect(problems).toEqual([]);
  between.set("GET /v1/batches/b?", { status: 404, body: { code: "batch_not_found", detail: "" } });
  await expect.poll(() => problems).toMatchObject([{ code: "batch_not_found" }]);
});

test("a grant function that keeps failing is given up, and its error is reported", async () => {
  const grant = vi.fn(() => Promise.reject(new Error("No session.")));
  const uploader = upload({ grant });
  const { problems, outages } = reportsOf(uploader);
  const idle = vi.fn();
  uploader.on("idle", idle);
  await expect.poll(() => problems).toEqual([{ code: "connection_failed", detail: "No session." }]);
  await expect.poll(() => idle.mock.calls).toEqual([[{ failed: 1 }]]);
  expect([grant.mock.calls.length, outages, server.calls(CREATE)]).toEqual([10, [], []]);
});

test("a grant function that fails in an outage is called again after it", async () => {
  const restore = interrupt("cut");
  let isDown = true;
  const grant = vi.fn(async () => {
    if (isDown) throw new TypeError("fetch failed");
    return "grant";
  });
  const uploader = upload({ grant });
  const { problems } = reportsOf(uploader);
  await expect.poll(() => uploader.outage).toMatchObject({ reason: "network" });
  expect([grant.mock.calls.length, uploader.running]).toEqual([1, true]);
  isDown = false;
  restore();
  await expect.poll(() => uploader.summary?.completed).toBe(1);
  expect([problems, grant.mock.calls.length]).toEqual([[], 2]);
  expect(server.calls(CREATE)[0]?.headers).toMatchObject({ authorization: "Bearer grant" });
});

test.each(["before", "after"])(
  "a batch that is cancelled %s an outage begins is not created",
  async (when) => {
    // The creation is in flight, or waits for the end of the outage.
    if (when === "after") interrupt("cut");
    else between.set(CREATE, "silent");
    const uploader = upload();
    const { problems } = reportsOf(uploader);
    const idle = vi.fn();
    uploader.on("idle", idle);
    await expect.poll(() => server.calls(CREATE).length).toBe(1);
    const cancelled = uploader.cancel();
    uploader.add([{ name: "b", blob: new Blob(["b"]) }]);
    if (when === "before") interrupt("cut");
    await cancelled;
    await expect.poll(() => idle.mock.calls).toEqual([[{ failed: 0 }]]);
    between.clear();
    server.health = {};
    uploader.add([{ name: "c", blob: new Blob(["c"]) }]);
    await expect.poll(() => idle.mock.calls.length).toBe(2);
    expect([problems, server.calls(CREATE).length, uploader.running]).toEqual([[], 1, false]);
  },
);

test("a batch that is cancelled while its grant is fetched is not created", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const uploader = upload({ grant: () => promise });
  const { problems } = reportsOf(uploader);
  await uploader.cancel();
  resolve("grant");
  await promise;
  expect([problems, uploader.running, server.received]).toEqual([[], false, []]);
});

test("a server that can't be reached at all is reported after five seconds", async () => {
  const { origin } = server;
  server.stop();
  const uploader = new Uploader({ endpoint: origin });
  const { problems, outages } = reportsOf(uploader);
  const start = Date.now();
  uploader.add([{ name: "a", blob: new Blob(["a"]) }]);
  await expect.poll(() => outages).toEqual(["network"]);
  expect(Date.now() - start).toBeGreaterThan(4500);
  expect([uploader.running, problems]).toEqual([true, []]);
  server = await ScriptedServer.start(
    (request) => batch.respond(request),
    Number(new URL(origin).port),
  );
  await expect.poll(() => uploader.summary?.completed).toBe(1);
});
