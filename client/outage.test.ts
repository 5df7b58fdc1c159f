import { afterAll, beforeAll, test as anyTest, vi } from "vitest";
import type { ClientProblem } from "./errors.ts";
import { FakeBatch } from "./testing/fake-batch.ts";
import { freePort } from "./testing/free-port.ts";
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

/** A limit that ends a test which hangs, as for other polls. */
const WAIT = { timeout: 120_000 };

// No jitter: tests wait for no backoff.
beforeAll(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterAll(() => vi.restoreAllMocks());

interface Reports {
  problems: ClientProblem[];
  /** Reasons of outages, and null at the end of each. */
  outages: (Outage["reason"] | null)[];
}

/** A server with one batch, and a network that may respond in its place. */
class Network {
  readonly batch = new FakeBatch();
  /** Responses in place of the server's, by the start of a call. */
  readonly between = new Map<string, ScriptedResponse>();
  readonly #views: View[] = [];
  #server: ScriptedServer | undefined;

  get server(): ScriptedServer {
    if (this.#server === undefined) throw new Error("The server has not started.");
    return this.#server;
  }

  async start(port: number): Promise<void> {
    this.#server = await ScriptedServer.start((request) => {
      const [, response] = [...this.between].find(([call]) => request.call.startsWith(call)) ?? [];
      return response ?? this.batch.respond(request);
    }, port);
  }

  stop(): void {
    for (const view of this.#views) view.dispose();
    this.server.stop();
  }

  upload(options: Partial<UploaderOptions> = {}): Uploader {
    const uploader = new Uploader({ endpoint: this.server.origin, ...options });
    uploader.add([{ name: "a", blob: new Blob(["a"]) }]);
    return uploader;
  }

  watch(): Watcher {
    return new Watcher({ endpoint: this.server.origin, batch: "b", token: "read" });
  }

  reportsOf(view: View): Reports {
    this.#views.push(view);
    const reports: Reports = { problems: [], outages: [] };
    view.on("problem", (problem) => reports.problems.push(problem));
    view.on("outage", (outage) => reports.outages.push(outage?.reason ?? null));
    return reports;
  }

  /** Waits until a call has been repeated twice. */
  async retried(call: string): Promise<void> {
    await vi.waitUntil(() => this.server.calls(call).length > 2, WAIT);
  }

  /** Lets something in between respond to all calls, `/v1/health` included. */
  interrupt(response: ScriptedResponse): () => void {
    const { health } = this.server;
    for (const method of ["GET", "POST", "PATCH"])
      this.between.set(`${method} /v1/batches`, response);
    this.server.health = response;
    return () => {
      this.between.clear();
      this.server.health = health;
    };
  }
}

/** A test with a network of its own. They run at the same time, because they wait for the clock. */
const test = anyTest.extend("network", async ({}, { onCleanup }) => {
  const network = new Network();
  await network.start(await freePort());
  onCleanup(() => network.stop());
  return network;
});

test.concurrent.for(NO_CONNECTION)(
  "a batch is created and sealed after an outage: %o",
  async (response, { expect, network }) => {
    const restore = network.interrupt(response);
    const uploader = network.upload();
    const { problems, outages } = network.reportsOf(uploader);
    await expect.poll(() => network.server.calls(CREATE).length).toBeGreaterThan(0);
    await expect
      .poll(() => uploader.outage)
      .toMatchObject({
        since: expect.any(Number),
        reason: typeof response === "string" ? "network" : "foreign",
      });
    expect(network.server.calls(CREATE)).toHaveLength(1);
    restore();
    await expect.poll(() => uploader.summary?.completed).toBe(1);
    expect([problems, outages.at(-1), outages.length]).toEqual([[], null, 2]);
  },
);

test.concurrent.for(["POST /v1/batches", "PATCH /v1/batches/b", "GET /v1/batches/b"])(
  "a call that only a foreign response reaches is repeated, and reported: %s",
  async (call, { expect, network }) => {
    network.between.set(call, { status: 403, isForeign: true });
    const uploader = network.upload();
    const { problems, outages } = network.reportsOf(uploader);
    await network.retried(call);
    await expect.poll(() => outages).toEqual(["foreign"]);
    network.between.clear();
    await expect.poll(() => uploader.summary?.completed).toBe(1);
    await expect.poll(() => outages).toEqual(["foreign", null]);
    expect(problems).toEqual([]);
  },
);

test.concurrent("a silent server is checked, and a call that it holds is repeated only if it can't be reached", async ({
  expect,
  network,
}) => {
  network.between.set(CREATE, "silent");
  const uploader = network.upload();
  const { outages } = network.reportsOf(uploader);
  const creations = () => network.server.received.filter(({ call }) => call === CREATE);
  await expect.poll(() => network.server.checks).toBeGreaterThan(1);
  expect([creations().length, outages]).toEqual([1, []]);
  network.server.health = "silent";
  await expect.poll(() => outages).toEqual(["network"]);
  expect(creations()).toHaveLength(1);
  network.between.clear();
  network.server.health = {};
  await expect.poll(() => uploader.summary?.completed).toBe(1);
  const keys = creations().map(({ headers }) => headers["idempotency-key"]);
  expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
});

test.concurrent("a challenge is reported at once", async ({ expect, network }) => {
  const restore = network.interrupt(CHALLENGE);
  const uploader = network.upload();
  const { outages } = network.reportsOf(uploader);
  await expect.poll(() => outages).toEqual(["challenge"]);
  restore();
  await expect.poll(() => outages).toEqual(["challenge", null]);
});

test.concurrent("a watcher survives foreign responses to its polls and pages", async ({
  expect,
  network,
}) => {
  network.batch.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  network.between.set("GET", { status: 403, isForeign: true });
  const watcher = network.watch();
  const { problems } = network.reportsOf(watcher);
  await network.retried("GET /v1/batches/b/files");
  network.between.clear();
  await expect.poll(() => [watcher.ledger.count, watcher.connection]).toEqual([1, "polling"]);
  network.between.set("GET /v1/batches/b?", { status: 403, isForeign: true });
  await network.retried("GET /v1/batches/b?");
  await expect.poll(() => watcher.connection).toBe("connecting");
  network.between.clear();
  network.batch.setState(0, "completed");
  await expect.poll(() => watcher.ledger.state(0)).toBe("completed");
  expect(problems).toEqual([]);
});

test.concurrent("a poll survives errors of the server's own, except those that end the batch", async ({
  expect,
  network,
}) => {
  network.batch.declare(JSON.stringify({ files: [{ name: "a", size: 1 }] }));
  const watcher = network.watch();
  const { problems } = network.reportsOf(watcher);
  await expect.poll(() => watcher.connection).toBe("polling");
  for (const [status, code] of [
    [400, "malformed_request"],
    [400, "of a newer server"],
    [500, "internal_error"],
  ]) {
    network.between.set("GET /v1/batches/b?", {
      status: Number(status),
      body: { code, detail: "" },
    });
    const before = network.server.calls("GET /v1/batches/b?").length;
    await expect
      .poll(() => network.server.calls("GET /v1/batches/b?").length)
      .toBeGreaterThan(before + 2);
  }
  network.between.clear();
  network.batch.setState(0, "completed");
  await expect.poll(() => watcher.ledger.state(0)).toBe("completed");
  expect(problems).toEqual([]);
  network.between.set("GET /v1/batches/b?", {
    status: 404,
    body: { code: "batch_not_found", detail: "" },
  });
  await expect.poll(() => problems).toMatchObject([{ code: "batch_not_found" }]);
});

test.concurrent("a grant function that keeps failing is given up, and its error is reported", async ({
  expect,
  network,
}) => {
  let calls = 0;
  const grant = () => {
    calls++;
    return Promise.reject(new Error("No session."));
  };
  const uploader = network.upload({ grant });
  const { problems, outages } = network.reportsOf(uploader);
  const ends: unknown[] = [];
  uploader.on("idle", (end) => ends.push(end));
  await expect.poll(() => problems).toEqual([{ code: "connection_failed", detail: "No session." }]);
  await expect.poll(() => ends).toEqual([{ failed: 1 }]);
  expect([calls, outages, network.server.calls(CREATE)]).toEqual([10, [], []]);
});

test.concurrent("a grant function that fails in an outage is called again after it", async ({
  expect,
  network,
}) => {
  const restore = network.interrupt("cut");
  let isDown = true;
  let calls = 0;
  const grant = async () => {
    calls++;
    if (isDown) throw new TypeError("fetch failed");
    return "grant";
  };
  const uploader = network.upload({ grant });
  const { problems } = network.reportsOf(uploader);
  await expect.poll(() => uploader.outage).toMatchObject({ reason: "network" });
  expect([calls, uploader.running]).toEqual([1, true]);
  isDown = false;
  restore();
  await expect.poll(() => uploader.summary?.completed).toBe(1);
  expect([problems, calls]).toEqual([[], 2]);
  expect(network.server.calls(CREATE)[0]?.headers).toMatchObject({ authorization: "Bearer grant" });
});

test.concurrent.for(["before", "after"])(
  "a batch that is cancelled %s an outage begins is not created",
  async (when, { expect, network }) => {
    // The creation is in flight, or waits for the end of the outage.
    if (when === "after") network.interrupt("cut");
    else network.between.set(CREATE, "silent");
    const uploader = network.upload();
    const { problems } = network.reportsOf(uploader);
    const ends: unknown[] = [];
    uploader.on("idle", (end) => ends.push(end));
    await expect.poll(() => network.server.calls(CREATE).length).toBe(1);
    const cancelled = uploader.cancel();
    uploader.add([{ name: "b", blob: new Blob(["b"]) }]);
    if (when === "before") network.interrupt("cut");
    await cancelled;
    await expect.poll(() => ends).toEqual([{ failed: 0 }]);
    network.between.clear();
    network.server.health = {};
    uploader.add([{ name: "c", blob: new Blob(["c"]) }]);
    await expect.poll(() => ends.length).toBe(2);
    expect([problems, network.server.calls(CREATE).length, uploader.running]).toEqual([
      [],
      1,
      false,
    ]);
  },
);

test.concurrent("a batch that is cancelled before it exists is so at once, with its files", async ({
  expect,
  network,
}) => {
  // The server can be reached, and gets no further with the call.
  network.between.set(CREATE, "silent");
  const uploader = network.upload();
  network.reportsOf(uploader);
  uploader.open();
  await expect.poll(() => network.server.calls(CREATE).length).toBe(1);
  const added: number[] = [];
  uploader.on("files", ({ first }) => added.push(first));
  void uploader.cancel();
  expect([uploader.cancelled, uploader.running]).toEqual([true, false]);
  await expect.poll(() => added).toEqual([0]);
  uploader.add([{ name: "b", blob: new Blob(["bb"]) }]);
  await expect.poll(() => added).toEqual([0, 1]);
  const { ledger } = uploader;
  expect([ledger.state(0), ledger.state(1)]).toEqual(["cancelled", "cancelled"]);
  expect(ledger.totals).toMatchObject({ files: 2, cancelled: 2, queued: 0, bytes: 3 });
  expect([ledger.percentComplete, ledger.percentStored, uploader.batch]).toEqual([100, 0, null]);
});

test.concurrent("a batch that is cancelled while its grant is fetched is not created", async ({
  expect,
  network,
}) => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const uploader = network.upload({ grant: () => promise });
  const { problems } = network.reportsOf(uploader);
  await uploader.cancel();
  resolve("grant");
  await promise;
  expect([problems, uploader.running, network.server.received]).toEqual([[], false, []]);
});

// Alone: a server of another test could take its port.
test("a server that can't be reached at all is reported after five seconds", async ({
  expect,
  network,
}) => {
  const { origin } = network.server;
  const uploader = new Uploader({ endpoint: origin });
  const { problems, outages } = network.reportsOf(uploader);
  network.server.stop();
  const start = Date.now();
  uploader.add([{ name: "a", blob: new Blob(["a"]) }]);
  await expect.poll(() => outages).toEqual(["network"]);
  expect(Date.now() - start).toBeGreaterThan(4500);
  expect([uploader.running, problems]).toEqual([true, []]);
  await network.start(Number(new URL(origin).port));
  await expect.poll(() => uploader.summary?.completed).toBe(1);
});
