import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../protocol/index.ts";
import type { ClientProblem } from "./errors.ts";
import { FakeBatch } from "./testing/fake-batch.ts";
import { ScriptedServer, type Received, type Scripted } from "./testing/scripted-server.ts";
import { blobsOf } from "./testing/sender-rig.ts";
import { Uploader } from "./uploader.ts";

// Real servers on a busy machine take their time.
vi.setConfig({ testTimeout: 20_000 });
const MIB = 1024 * 1024;
// Small, so that no test moves more than it must.
Object.assign(LIMITS, { bundleBytes: MIB, partBytes: MIB });
const PART = "PUT /v1/batches/b/files/0/parts/";

let model: FakeBatch;
let server: ScriptedServer;
let uploader: Uploader;
let problems: ClientProblem[];
/** What to answer instead of what the server would; null is nothing. */
let interfere: (request: Received) => Scripted | null | Promise<Scripted | null>;

beforeEach(async () => {
  // Full jitter at its shortest: tests wait for no backoff.
  vi.spyOn(Math, "random").mockReturnValue(0);
  model = new FakeBatch();
  interfere = () => null;
  server = await ScriptedServer.start(
    async (request) => (await interfere(request)) ?? model.answer(request),
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

/** Parts are taken in, and their answers wait until this function's answer is called. */
function holdParts(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  interfere = async (request) => {
    if (!request.call.startsWith("PUT")) return null;
    const answer = model.answer(request);
    await promise;
    return answer;
  };
  return resolve;
}

/** Refuses a call in a way that no other try would change. */
function refuse(end: string): typeof interfere {
  const refusal = { status: 400, body: { code: "malformed_request", detail: "" } };
  return ({ call }) => (call.startsWith("PUT") || !call.endsWith(end) ? null : refusal);
}

function parts(count: number): Promise<void> {
  return expect.poll(() => server.calls(PART).length).toBe(count);
}

function completion(): Promise<void> {
  return expect.poll(() => uploader.summary !== null).toBe(true);
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 100));
}

test("pausing lets what is in flight end, and begins nothing; resuming goes on", async () => {
  const release = holdParts();
  upload(4 * MIB);
  await parts(2);
  await uploader.pause();
  expect(uploader.batch?.state).toBe("paused");
  release();
  await expect.poll(() => server.pending).toBeLessThanOrEqual(1);
  await aMoment();
  expect(server.calls(PART)).toHaveLength(2);
  expect([uploader.running, uploader.ledger.sentBytesTotal]).toEqual([true, 2 * MIB]);
  await uploader.resume();
  await completion();
  expect(server.calls(PART)).toHaveLength(4);
  expect(problems).toEqual([]);
});

test("a pause that the server cannot be told is a problem, and sending goes on", async () => {
  const release = holdParts();
  upload(4 * MIB);
  await parts(2);
  interfere = refuse("/pause");
  await uploader.pause();
  release();
  await completion();
  expect(problems).toMatchObject([{ code: "malformed_request" }]);
});

test("another device pauses, and resumes", async () => {
  const release = holdParts();
  upload(4 * MIB);
  await parts(2);
  model.isPaused = true;
  model.rev++;
  await expect.poll(() => uploader.batch?.state).toBe("paused");
  release();
  await aMoment();
  expect(server.calls(PART)).toHaveLength(2);
  model.isPaused = false;
  model.rev++;
  await completion();
});

test("cancelling the batch aborts what is in flight at once, and seals nothing", async () => {
  holdParts();
  upload(4 * MIB);
  await parts(2);
  const cancelled = uploader.cancel();
  expect(uploader.running).toBe(false);
  await cancelled;
  expect(uploader.batch?.state).toBe("cancelled");
  await aMoment();
  expect(server.calls(PART)).toHaveLength(2);
  expect(server.calls("PATCH")).toEqual([]);
  expect(problems).toEqual([]);
});

test("a batch that is cancelled before it is there is cancelled as soon as it is", async () => {
  upload(10);
  await uploader.cancel();
  expect(model.state).toBe("cancelled");
  expect(server.calls("POST /v1/batches/b/bundle")).toEqual([]);
  expect(server.calls("PUT")).toEqual([]);
});

test("another device cancels: nothing more is sent, and that is no problem", async () => {
  holdParts();
  upload(4 * MIB);
  await parts(2);
  model.isCancelled = true;
  model.rev++;
  await expect.poll(() => uploader.running).toBe(false);
  await aMoment();
  expect(server.calls("PATCH")).toEqual([]);
  expect(problems).toEqual([]);
});

test("cancelling one file aborts its parts at once; the others go on, and the batch ends", async () => {
  const release = holdParts();
  upload(4 * MIB, 3 * MIB, 10);
  await parts(1);
  const cancelled = uploader.cancel([0]);
  release();
  await cancelled;
  await completion();
  expect(server.calls("DELETE")).toHaveLength(1);
  expect(model.files.map(({ state }) => state)).toEqual(["cancelled", "completed", "completed"]);
  expect(server.calls(PART).length).toBeLessThanOrEqual(2);
  expect(uploader.summary).toMatchObject({ completed: 2, cancelled: 1, failed: 0 });
});

test("another device cancels a file: its parts end at once", async () => {
  holdParts();
  upload(4 * MIB);
  await parts(2);
  model.turn(0, "cancelled");
  await completion();
  expect(server.calls(PART)).toHaveLength(2);
  expect(uploader.summary).toMatchObject({ cancelled: 1 });
});

test("a file that the server could not be told to cancel goes on", async () => {
  const release = holdParts();
  upload(2 * MIB);
  await parts(2);
  interfere = refuse("/files/0");
  const cancelled = uploader.cancel([0]);
  release();
  await cancelled;
  interfere = () => null;
  await completion();
  expect(problems).toMatchObject([{ code: "malformed_request" }]);
  expect(uploader.summary).toMatchObject({ completed: 1 });
});

test("a file that was given up holds the batch up until it is cancelled", async () => {
  interfere = ({ call }) => (call.startsWith("PUT") ? "cut" : null);
  upload(10);
  await expect.poll(() => uploader.ledger.localFailures.size).toBe(1);
  expect(server.calls("PATCH")).toEqual([]);
  await uploader.cancel([0]);
  await completion();
  expect([uploader.ledger.localFailures.size, uploader.ledger.state(0)]).toEqual([0, "cancelled"]);
});

test("a server that comes back is sent to again within three seconds", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.9);
  const release = holdParts();
  upload(4 * MIB);
  await parts(2);
  const port = Number(new URL(server.origin).port);
  server.stop();
  release();
  await expect.poll(() => uploader.connection).toBe("offline");
  await new Promise((resolve) => void setTimeout(resolve, 4000));
  interfere = () => null;
  server = await ScriptedServer.start((request) => model.answer(request), port);
  await expect.poll(() => server.calls("PUT").length, { timeout: 3000 }).toBeGreaterThan(0);
  await completion();
});
