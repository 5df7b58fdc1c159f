import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../protocol/index.ts";
import { BatchApi } from "./api.ts";
import { deliver } from "./delivery.ts";
import { Ledger } from "./ledger.ts";
import type { ClientCode } from "./problems.ts";
import { Sender } from "./sender.ts";
import { ScriptedServer, stored, type Script } from "./testing/scripted-server.ts";

// Real servers on a busy machine take their time.
vi.setConfig({ testTimeout: 20_000 });
const patience = { timeout: 15_000 };

const BUNDLE = "POST /v1/batches/b/bundle";
/** Small enough that no test moves megabytes. */
const limits = { ...LIMITS, bundleBytes: 1000, fileBytes: 5000 };
const never = new AbortController().signal;
let server: ScriptedServer;
let ledger: Ledger;
let sender: Sender;
let paused: number;
let fatal: ClientCode[];

// Full jitter at its shortest: tests wait for no backoff but what the server asks for.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => {
  sender.stop();
  server.stop();
  vi.restoreAllMocks();
});

/** A sender of these files, to a server that answers as the script says. */
async function sending(blobs: readonly Blob[], script: Script): Promise<void> {
  server = await ScriptedServer.start(script);
  ledger = new Ledger();
  ledger.declare(
    blobs.map(({ size }, id) => ({ name: `${id}`, path: null, size, type: "" })),
    1,
  );
  [paused, fatal] = [0, []];
  sender = senderOf(blobs);
  sender.send([...blobs.keys()]);
}

function senderOf(blobs: readonly Blob[]): Sender {
  const api = new BatchApi(server.origin, "b", "token", never);
  const blobOf = (id: number) => blobs[id] ?? new Blob();
  const context = { api, ledger, blobOf, onSent: () => {} };
  return new Sender({
    ledger,
    limits,
    lanes: 4,
    onChange: () => {},
    onIdle: () => {},
    deliver: (request, signal) => deliver(request, context, signal),
    onPaused: () => paused++,
    onFatal: ({ code }) => fatal.push(code),
  });
}

function files(...sizes: number[]): Blob[] {
  return sizes.map((size) => new Blob([new Uint8Array(size)]));
}

async function done(): Promise<void> {
  await expect.poll(() => sender.idle, patience).toBe(true);
}

/** How often each file was carried. */
function carried(): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of server.received.flatMap((request) => request.files)) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

test("each file is carried once: small ones together, large ones alone, with the token", async () => {
  await sending(files(10, 2000, 20, 0), stored);
  await done();
  expect(carried()).toEqual(new Map([0, 1, 2, 3].map((id) => [id, 1])));
  expect(server.calls(BUNDLE)[0]?.files).toEqual([0, 2, 3]);
  expect(server.calls("PUT /v1/batches/b/files/1")[0]?.headers).toMatchObject({
    "content-length": "2000",
    authorization: "Bearer token",
  });
  expect([ledger.sentBytesTotal, ledger.givenUp.size]).toEqual([2030, 0]);
});

test("a server that restarts is tried again", async () => {
  let tries = 0;
  await sending(files(10, 20), (request) => {
    tries++;
    if (tries === 1) return { status: 503, body: "worker restarted mid-request" };
    return tries === 2 ? "cut" : stored(request);
  });
  await done();
  expect([tries, ledger.givenUp.size, ledger.sentBytesTotal]).toEqual([3, 0, 30]);
});

test("the server is not asked again before Retry-After", async () => {
  const times: number[] = [];
  await sending(files(10, 20), (request) => {
    times.push(performance.now());
    if (times.length > 1) return stored(request);
    const body = { code: "rate_limited", detail: "" };
    return { status: 429, headers: { "retry-after": "1" }, body };
  });
  await done();
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(990);
});

test("of a bundle only what failed is sent again, and only what is worth it", async () => {
  await sending(files(1, 2, 3, 4), (request) => {
    if (request.call.startsWith("PUT")) return stored(request);
    const error = { code: "storage_failed", detail: "", retryable: true };
    const refusal = { code: "type_refused", detail: "", retryable: false };
    const taken = [0, "completed", 100, 1, null];
    const failed = [3, "failed", 0, 0, "size_mismatch"];
    return {
      body: { rev: 4, files: [taken, { id: 1, error }, { id: 2, error: refusal }, failed] },
    };
  });
  await expect.poll(() => carried().get(1), patience).toBeGreaterThan(1);
  await done();
  expect(carried().get(0)).toBe(1);
  expect(carried().get(2)).toBe(1);
  expect([...ledger.givenUp]).toContainEqual([2, "type_refused"]);
});

test("a file that the receipt leaves out was not seen to arrive", async () => {
  await sending(files(1, 2), (request) => {
    if (request.call.startsWith("PUT")) return stored(request);
    return { body: { rev: 4, files: [[0, "completed", 100, 1, null]] } };
  });
  await done();
  expect(carried()).toEqual(
    new Map([
      [0, 1],
      [1, 2],
    ]),
  );
});

test("tries have an end; the file is failed here, and all its tries are back when it is asked for", async () => {
  let works = false;
  await sending(files(5), (request) => (works ? stored(request) : "cut"));
  await done();
  expect(carried().get(0)).toBe(10);
  expect([ledger.state(0), ledger.errorCode(0)]).toEqual(["failed", "connection_failed"]);
  expect(ledger.sentBytesTotal).toBe(0);
  works = true;
  sender.send([0]);
  await done();
  expect([ledger.givenUp.size, carried().get(0)]).toEqual([0, 11]);
});

test("a paused batch keeps its files until it is active again", async () => {
  let active = false;
  await sending(files(1, 2), (request) => {
    const body = { code: "batch_paused", detail: "" };
    return active ? stored(request) : { status: 409, body };
  });
  await expect.poll(() => paused, patience).toBe(1);
  expect([sender.idle, server.received.length]).toEqual([false, 1]);
  active = true;
  sender.release("paused");
  await done();
  expect([server.received.length, ledger.givenUp.size]).toEqual([2, 0]);
});

test("after a problem of the whole batch nothing more is sent", async () => {
  const body = { code: "batch_expired", detail: "" };
  await sending(files(2000, 2000, 2000, 2000, 2000, 2000), () => ({ status: 410, body }));
  await expect.poll(() => fatal, patience).toEqual(["batch_expired"]);
  expect(sender.idle).toBe(true);
  expect(server.received.length).toBeLessThanOrEqual(4);
});

test("a file that was changed on disk stops none of its bundle", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-"));
  const path = join(folder, "a.txt");
  await writeFile(path, "before");
  const changed = await openAsBlob(path);
  await writeFile(path, "after, and longer");
  await sending([...files(10), changed, ...files(20)], stored);
  await done();
  expect([ledger.state(1), ledger.errorCode(1)]).toEqual(["failed", "file_unreadable"]);
  expect(server.calls(BUNDLE).at(-1)?.files).toEqual([0, 2]);
  expect(ledger.givenUp.size).toBe(1);
  await rm(folder, { recursive: true });
});

test("what the server refused or has meanwhile is not sent", async () => {
  const gate = Promise.withResolvers<void>();
  await sending(files(2000, 2000, 2000, 2000, 2000, 2000), async (request) => {
    await gate.promise;
    return stored(request);
  });
  await expect.poll(() => server.received.length, patience).toBe(4);
  ledger.apply([4, "failed", 0, 0, "type_refused"], 2);
  ledger.apply([5, "completed", 100, 2000, null], 2);
  gate.resolve();
  await done();
  expect([...carried().keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
});

test("a file that fails after it arrived is sent again three times in all", async () => {
  await sending(files(7), stored);
  await done();
  for (let rev = 2; rev < 12; rev++) {
    ledger.apply([0, "failed", 75, 7, "processing_failed"], rev);
    sender.sendFailedAgain([0]);
    await done();
  }
  expect(carried().get(0)).toBe(3);
  ledger.apply([0, "failed", 0, 7, "type_refused"], 99);
  sender.sendFailedAgain([0]);
  expect(sender.idle).toBe(true);
});

test("files above the limit are not waited for", async () => {
  await sending(files(1), stored);
  ledger.add([{ name: "huge", path: null, size: limits.fileBytes + 1, type: "" }]);
  sender.send([1]);
  await done();
  expect(carried().get(1)).toBeUndefined();
});
