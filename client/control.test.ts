import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS, MIB } from "../protocol/index.ts";
import type { ClientProblem } from "./errors.ts";
import { FakeBatch } from "./testing/fake-batch.ts";
import { freePort } from "./testing/free-port.ts";
import {
  ScriptedServer,
  type ReceivedRequest,
  type ScriptedResponse,
} from "./testing/scripted-server.ts";
import { blobsOf } from "./testing/sender-rig.ts";
import { Uploader } from "./uploader.ts";

// Small, so that the tests send few bytes.
Object.assign(LIMITS, { bundleBytes: MIB, partBytes: MIB });
const CREATE = "POST /v1/batches";
const STATE = "GET /v1/batches/b";
const PART = "PUT /v1/batches/b/files/0/parts/";

let batch: FakeBatch;
let server: ScriptedServer;
let uploader: Uploader;
let problems: ClientProblem[];
/** Returns a response to use instead of the server's, or null. */
let override: (
  request: ReceivedRequest,
) => ScriptedResponse | null | Promise<ScriptedResponse | null>;

beforeEach(async () => {
  // No jitter: tests wait for no backoff.
  vi.spyOn(Math, "random").mockReturnValue(0);
  batch = new FakeBatch();
  override = () => null;
  server = await ScriptedServer.start(
    async (request) => (await override(request)) ?? batch.respond(request),
    await freePort(),
  );
  uploader = new Uploader({ endpoint: server.origin, concurrency: 2 });
  problems = [];
  uploader.on("problem", (problem) => problems.push(problem));
});
afterEach(() => {
  uploader.dispose();
  server.stop();
  vi.restoreAllMocks();
});

function upload(...sizes: number[]): void {
  uploader.add(blobsOf(...sizes).map((blob, n) => ({ name: `${n}`, blob })));
}

/** Delays the responses to parts, which are stored, until the returned function is called. */
function delayParts(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  override = async (request) => {
    if (!request.call.startsWith("PUT")) return null;
    const response = batch.respond(request);
    await promise;
    return response;
  };
  return resolve;
}

/** Delays requests with files, which are stored only once the returned function is called. */
function delayUploads(): () => void {
  const { promise, resolve } = Promise.withResolvers<null>();
  override = ({ call }) => (/^PUT|bundle$/u.test(call) ? promise : null);
  return () => resolve(null);
}

/** Refuses a request with a problem that isn't retryable. */
function refuse(end: string): typeof override {
  const refusal = { status: 400, body: { code: "malformed_request", detail: "" } };
  return ({ call }) => (call.startsWith("PUT") || !call.endsWith(end) ? null : refusal);
}

/** Waits until so many parts have arrived. A second one may come before this sees the first. */
function parts(count: number): Promise<void> {
  return expect.poll(() => server.calls(PART).length).toBeGreaterThanOrEqual(count);
}

function completion(): Promise<void> {
  return expect.poll(() => uploader.summary !== null).toBe(true);
}

/** Skips the 15 seconds between two rounds of tries. */
function skipRounds(): void {
  const { setTimeout: start } = globalThis;
  const startSoon = (run: () => void, ms?: number) => start(run, ms === 15_000 ? 0 : ms);
  vi.spyOn(globalThis, "setTimeout").mockImplementation(Object.assign(startSoon, start));
}

function shortWait(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 100));
}

test("pause lets requests in flight finish and starts none; resume starts them again", async () => {
  const release = delayParts();
  upload(4 * MIB);
  await parts(2);
  await uploader.pause();
  expect(uploader.batch?.state).toBe("paused");
  release();
  await expect.poll(() => server.pending).toBeLessThanOrEqual(1);
  await shortWait();
  expect(server.calls(PART)).toHaveLength(2);
  expect([uploader.running, uploader.ledger.sentBytesTotal]).toEqual([true, 2 * MIB]);
  await uploader.resume();
  await completion();
  expect(server.calls(PART)).toHaveLength(4);
  expect(problems).toEqual([]);
});

test("a failed pause is reported, and sending continues", async () => {
  const release = delayParts();
  upload(4 * MIB);
  await parts(2);
  override = refuse("/pause");
  await uploader.pause();
  release();
  await completion();
  expect(problems).toMatchObject([{ code: "malformed_request" }]);
});

test("a pause and a resume by another device take effect", async () => {
  const release = delayParts();
  upload(4 * MIB);
  await parts(2);
  batch.isPaused = true;
  batch.rev++;
  await expect.poll(() => uploader.batch?.state).toBe("paused");
  release();
  await shortWait();
  expect(server.calls(PART)).toHaveLength(2);
  batch.isPaused = false;
  batch.rev++;
  await completion();
});

test("a resume by another device takes effect though the pause is still without a response", async () => {
  const release = delayParts();
  upload(4 * MIB);
  await parts(2);
  const { promise: held, resolve: respond } = Promise.withResolvers<void>();
  override = async (request) => {
    if (!request.call.endsWith("/pause")) return null;
    const response = batch.respond(request);
    await held;
    return response;
  };
  const paused = uploader.pause();
  await expect.poll(() => uploader.batch?.state).toBe("paused");
  batch.isPaused = false;
  batch.rev++;
  release();
  await completion();
  respond();
  await paused;
  expect(uploader.batch?.state).toBe("completed");
  expect(problems).toEqual([]);
});

test("a late refusal of a batch that was paused holds nothing up, even if the server is busy", async () => {
  const refused = Promise.withResolvers<ScriptedResponse>();
  const refusals = [refused.promise];
  override = ({ call }) => (call === `${PART}1` ? (refusals.pop() ?? null) : null);
  upload(2 * MIB);
  await parts(1);
  batch.isPaused = true;
  batch.rev++;
  await expect.poll(() => uploader.batch?.state).toBe("paused");
  batch.isPaused = false;
  batch.rev++;
  await expect.poll(() => uploader.batch?.state).toBe("active");

  let asked = 0;
  const busy = { status: 503, body: { code: "busy", detail: "" } };
  // Nothing changes, so no poll says again that the batch is active.
  const poll = Promise.withResolvers<never>();
  const isPolling = new Promise<void>((resolve) => {
    override = ({ call }) => {
      if (call.includes("/b?since=")) return (resolve(), poll.promise);
      return call === STATE && asked++ < 20 ? busy : null;
    };
  });
  await isPolling;
  skipRounds();
  refused.resolve({ status: 409, body: { code: "batch_paused", detail: "" } });
  await expect.poll(() => batch.files[0]?.state).toBe("completed");
  expect(asked).toBeGreaterThan(20);
  expect(problems.map(({ code }) => code)).toEqual(["busy", "busy"]);
});

test("cancelling the batch aborts requests in flight at once and doesn't seal it", async () => {
  delayParts();
  upload(4 * MIB);
  await parts(2);
  const cancelled = uploader.cancel();
  expect(uploader.running).toBe(false);
  await cancelled;
  expect(uploader.batch?.state).toBe("cancelled");
  await shortWait();
  expect(server.calls(PART)).toHaveLength(2);
  expect(server.calls("PATCH")).toEqual([]);
  expect(problems).toEqual([]);
});

test("a batch that is cancelled while it's being created is cancelled as soon as it exists", async () => {
  const creation = Promise.withResolvers<null>();
  override = ({ call }) => (call === CREATE ? creation.promise : null);
  upload(10);
  await expect.poll(() => server.calls(CREATE).length).toBe(1);
  const cancelled = uploader.cancel();
  creation.resolve(null);
  await cancelled;
  expect(batch.state).toBe("cancelled");
  expect([uploader.cancelled, uploader.created]).toEqual([true, null]);
  expect(server.calls("POST /v1/batches/b/bundle")).toEqual([]);
  expect(server.calls("PUT")).toEqual([]);
  expect(problems).toEqual([]);
});

test("a batch that is cancelled before its creation was sent is not created", async () => {
  upload(10);
  await uploader.cancel();
  await shortWait();
  expect([uploader.running, server.received, problems]).toEqual([false, [], []]);
});

test("an uploader that is cancelled while its first files are looked for sends none of them", async () => {
  uploader.open();
  await uploader.cancel();
  upload(10);
  await expect.poll(() => uploader.ledger.count).toBe(1);
  uploader.seal();
  await shortWait();
  expect([uploader.running, uploader.ledger.state(0)]).toEqual([false, "cancelled"]);
  expect([server.received, problems]).toEqual([[], []]);
});

test("cancelling by another device stops sending without a problem", async () => {
  delayParts();
  upload(4 * MIB);
  await parts(2);
  batch.isCancelled = true;
  batch.rev++;
  await expect.poll(() => uploader.running).toBe(false);
  await shortWait();
  expect(server.calls("PATCH")).toEqual([]);
  expect(problems).toEqual([]);
});

test("cancelling one file aborts its parts at once; the others complete the batch", async () => {
  const release = delayParts();
  upload(4 * MIB, 3 * MIB, 10);
  await parts(1);
  const cancelled = uploader.cancel([0]);
  release();
  await cancelled;
  await completion();
  expect(server.calls("DELETE")).toHaveLength(1);
  expect(batch.files.map(({ state }) => state)).toEqual(["cancelled", "completed", "completed"]);
  expect(server.calls(PART).length).toBeLessThanOrEqual(2);
  expect(uploader.summary).toMatchObject({ completed: 2, cancelled: 1, failed: 0 });
});

test("a held file isn't sent, keeps the batch open, and is sent after its release", async () => {
  const release = delayParts();
  upload(4 * MIB, 10);
  await parts(1);
  const end = uploader.hold([0]);
  release();
  await expect.poll(() => batch.files[1]?.state).toBe("completed");
  await shortWait();
  expect(server.calls(PART).length).toBeLessThanOrEqual(2);
  expect([uploader.running, server.calls("PATCH")]).toEqual([true, []]);
  end();
  await completion();
  expect(uploader.summary).toMatchObject({ completed: 2, cancelled: 0 });
});

test("cancelling a held file ends the batch without it, even if it was stored meanwhile", async () => {
  const release = delayUploads();
  upload(4 * MIB, 10);
  await parts(1);
  uploader.hold([0, 1]);
  release();
  batch.setState(1, "completed");
  await expect.poll(() => uploader.ledger.serverState(1)).toBe("completed");
  expect(server.calls("DELETE")).toEqual([]);
  await uploader.cancel([0, 1]);
  await completion();
  expect(server.calls("DELETE")).toHaveLength(2);
  expect(uploader.summary).toMatchObject({ completed: 0, cancelled: 2 });
});

test("cancelling a file that was stored before its hold doesn't delete it", async () => {
  const release = delayParts();
  upload(4 * MIB, 10);
  await parts(1);
  batch.setState(1, "completed");
  await expect.poll(() => uploader.ledger.serverState(1)).toBe("completed");
  uploader.hold([1]);
  await uploader.cancel([1]);
  release();
  await completion();
  expect(server.calls("DELETE")).toEqual([]);
  expect(uploader.summary).toMatchObject({ completed: 2, cancelled: 0 });
});

test("a batch that is cancelled waits for no held file", async () => {
  delayParts();
  upload(4 * MIB);
  await parts(1);
  const release = uploader.hold([0]);
  await uploader.cancel();
  expect(uploader.running).toBe(false);
  uploader.hold([0]);
  expect(uploader.running).toBe(false);
  release();
});

test("a held file whose cancelling failed is sent on", async () => {
  upload(2 * MIB);
  await expect.poll(() => uploader.ledger.count).toBe(1);
  uploader.hold([0]);
  override = refuse("/files/0");
  await uploader.cancel([0]);
  await completion();
  expect(problems).toMatchObject([{ code: "malformed_request" }]);
  expect(uploader.summary).toMatchObject({ completed: 1 });
});

test("cancelling a file by another device aborts its parts at once", async () => {
  delayParts();
  upload(4 * MIB);
  await parts(2);
  batch.setState(0, "cancelled");
  await completion();
  expect(server.calls(PART)).toHaveLength(2);
  expect(uploader.summary).toMatchObject({ cancelled: 1 });
});

test("a file whose cancelling failed is sent on", async () => {
  const release = delayParts();
  upload(2 * MIB);
  await parts(2);
  override = refuse("/files/0");
  const cancelled = uploader.cancel([0]);
  release();
  await cancelled;
  override = () => null;
  await completion();
  expect(problems).toMatchObject([{ code: "malformed_request" }]);
  expect(uploader.summary).toMatchObject({ completed: 1 });
});

test("a file that failed here keeps the batch open until it is cancelled", async () => {
  override = ({ call }) => (call.startsWith("PUT") ? "cut" : null);
  upload(10);
  await expect.poll(() => uploader.ledger.localFailures.size).toBe(1);
  expect(server.calls("PATCH")).toEqual([]);
  await uploader.cancel([0]);
  await completion();
  expect([uploader.ledger.localFailures.size, uploader.ledger.state(0)]).toEqual([0, "cancelled"]);
});

test("sending resumes with the first response after an outage", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const fetching = vi.spyOn(globalThis, "fetch");
  const release = delayParts();
  upload(4 * MIB);
  await parts(2);
  const port = Number(new URL(server.origin).port);
  server.stop();
  release();
  await expect.poll(() => uploader.connection).toBe("offline");
  fetching.mockClear();
  await expect.poll(() => fetching.mock.calls.length).toBeGreaterThan(3);
  override = () => null;
  server = await ScriptedServer.start((request) => batch.respond(request), port);
  await completion();
  const calls = server.received.map(({ call }) => call);
  const first = calls.findIndex((call) => call.startsWith("PUT"));
  const probes = calls.slice(0, first).filter((call) => call.startsWith("GET /v1/batches/b?"));
  // Without that response, the parts wait for their own backoff, and several times as many polls.
  expect(probes.length).toBeLessThan(5);
});
