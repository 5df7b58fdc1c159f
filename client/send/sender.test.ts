import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  stored,
  storedFile,
  type Script,
  type ScriptedResponse,
} from "../testing/scripted-server.ts";
import { FakeDevice } from "../testing/fake-device.ts";
import { blobsOf, SenderRig } from "../testing/sender-rig.ts";

const BUNDLE = "POST /v1/batches/b/bundle";
let rig: SenderRig;

// No jitter: tests wait only as long as the server asks.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Sends these files to a server that runs `script`. */
async function start(blobs: readonly Blob[], script: Script): Promise<void> {
  rig = await SenderRig.start(blobs, script);
  rig.sendAll();
}

/** Returns a rate limit of so many seconds. */
function rateLimit(seconds: string): ScriptedResponse {
  const body = { code: "rate_limited", detail: "" };
  return { status: 429, headers: { "retry-after": seconds }, body };
}

async function done(): Promise<void> {
  await expect.poll(() => rig.sender.idle).toBe(true);
}

/** Returns how often each file was sent. */
function timesSent(): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of rig.server.received.flatMap((request) => request.files)) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

test("each file is sent once: small ones in a bundle, large ones in parts, with the token", async () => {
  await start(blobsOf(10, 2000, 20, 0), stored);
  await done();
  expect(timesSent()).toEqual(new Map([0, 1, 2, 3].map((id) => [id, 1])));
  expect(rig.server.calls(BUNDLE)[0]?.files).toEqual([0, 2, 3]);
  expect(rig.server.calls("PUT /v1/batches/b/files/1/parts/1")[0]?.headers).toMatchObject({
    "content-length": "2000",
    authorization: "Bearer token",
  });
  expect([rig.ledger.sentBytesTotal, rig.ledger.localFailures.size]).toEqual([2030, 0]);
});

test("requests to a restarting server are retried", async () => {
  let tries = 0;
  await start(blobsOf(10, 20), (request) => {
    tries++;
    if (tries === 1) return { status: 503, body: "worker restarted mid-request" };
    return tries === 2 ? "cut" : stored(request);
  });
  await done();
  expect([tries, rig.ledger.localFailures.size, rig.ledger.sentBytesTotal]).toEqual([3, 0, 30]);
});

test("a retry waits for Retry-After", async () => {
  const times: number[] = [];
  await start(blobsOf(10, 20), (request) => {
    times.push(performance.now());
    return times.length > 1 ? stored(request) : rateLimit("1");
  });
  await done();
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(990);
});

test("a Retry-After pauses all requests and uses up no tries", async () => {
  const times: number[] = [];
  let refusals = 0;
  await start(blobsOf(2000, 2000, 2000, 2000, 2000, 2000, 10), (request) => {
    times.push(performance.now());
    // More than the tries of a file.
    if (++refusals <= 11) return rateLimit("1");
    return stored(request);
  });
  await expect.poll(() => refusals).toBeGreaterThan(11);
  await done();
  expect([rig.ledger.localFailures.size, rig.ledger.sentBytesTotal]).toEqual([0, 12_010]);
  // At most four requests at a time, followed by a second without any.
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(gaps.filter((gap) => gap > 800).length).toBeGreaterThanOrEqual(3);
  expect(rig.rateLimits.filter((ms) => ms === 1000)).toHaveLength(11);
  expect(rig.rateLimits.at(-1)).toBeNull();
});

test("only retryable files of a bundle are sent again", async () => {
  await start(blobsOf(1, 2, 3, 4), (request) => {
    if (request.call.startsWith("PUT")) return stored(request);
    const error = { code: "storage_failed", detail: "", retryable: true };
    const refusal = { code: "type_refused", detail: "", retryable: false };
    const taken = storedFile(0);
    const failure = { code: "size_mismatch", detail: "", retryable: true };
    const failed = { ...storedFile(3), state: "failed", progress: 0, error: failure };
    return {
      body: { rev: 4, files: [taken, { id: 1, error }, { id: 2, error: refusal }, failed] },
    };
  });
  await expect.poll(() => timesSent().get(1)).toBeGreaterThan(1);
  await done();
  expect(timesSent().get(0)).toBe(1);
  expect(timesSent().get(2)).toBe(1);
  expect([...rig.ledger.localFailures]).toContainEqual([2, "type_refused"]);
});

test("a file that the response to a bundle lacks is sent again", async () => {
  await start(blobsOf(1, 2), (request) => {
    if (request.call.startsWith("PUT")) return stored(request);
    return { body: { rev: 4, files: [storedFile(0)] } };
  });
  await done();
  expect(timesSent()).toEqual(
    new Map([
      [0, 1],
      [1, 2],
    ]),
  );
});

test("a file fails here after ten tries, and has all tries again when it is sent anew", async () => {
  let works = false;
  const failure = { status: 502, body: { code: "storage_failed", detail: "" } };
  await start(blobsOf(5), (request) => (works ? stored(request) : failure));
  await done();
  expect(timesSent().get(0)).toBe(10);
  expect([rig.ledger.state(0), rig.ledger.errorCode(0)]).toEqual(["failed", "storage_failed"]);
  expect(rig.ledger.sentBytesTotal).toBe(0);
  works = true;
  rig.sender.send([0]);
  await done();
  expect([rig.ledger.localFailures.size, timesSent().get(0)]).toEqual([0, 11]);
});

test("files wait while the batch is paused", async () => {
  let active = false;
  await start(blobsOf(1, 2), (request) => {
    const body = { code: "batch_paused", detail: "" };
    return active ? stored(request) : { status: 409, body };
  });
  await expect.poll(() => rig.paused).toBe(1);
  expect([rig.sender.idle, rig.server.received.length]).toEqual([false, 1]);
  active = true;
  rig.sender.limiter.resume("paused");
  await done();
  expect([rig.server.received.length, rig.ledger.localFailures.size]).toEqual([2, 0]);
});

test("a problem of the whole batch stops sending", async () => {
  const body = { code: "batch_expired", detail: "" };
  await start(blobsOf(2000, 2000, 2000, 2000, 2000, 2000), () => ({ status: 410, body }));
  await expect.poll(() => rig.fatal).toEqual(["batch_expired"]);
  expect(rig.sender.idle).toBe(true);
  expect(rig.server.received.length).toBeLessThanOrEqual(4);
});

test("a file that was changed on disk fails without the others of its bundle", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-"));
  const path = join(folder, "a.txt");
  await writeFile(path, "before");
  const changed = await openAsBlob(path);
  await writeFile(path, "after, and longer");
  await start([...blobsOf(10), changed, ...blobsOf(20)], stored);
  await done();
  expect([rig.ledger.state(1), rig.ledger.errorCode(1)]).toEqual(["failed", "file_unreadable"]);
  expect(rig.server.calls(BUNDLE).at(-1)?.files).toEqual([0, 2]);
  expect(rig.ledger.localFailures.size).toBe(1);
  await rm(folder, { recursive: true });
});

test("files that were refused or stored meanwhile aren't sent", async () => {
  const gate = Promise.withResolvers<void>();
  await start(blobsOf(2000, 2000, 2000, 2000, 2000, 2000), async (request) => {
    await gate.promise;
    return stored(request);
  });
  await expect.poll(() => rig.server.received.length).toBe(4);
  rig.ledger.apply([4, "failed", 0, 0, "type_refused"], 2);
  rig.ledger.apply([5, "completed", 100, 2000, null], 2);
  gate.resolve();
  await done();
  expect([...timesSent().keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
});

test("a file that fails in processing is sent three times in all", async () => {
  await start(blobsOf(7), stored);
  await done();
  for (let rev = 2; rev < 12; rev++) {
    rig.ledger.apply([0, "failed", 75, 7, "processing_failed"], rev);
    rig.sender.onFilesChanged([0]);
    await done();
  }
  expect(timesSent().get(0)).toBe(3);
  rig.ledger.apply([0, "failed", 0, 7, "type_refused"], 99);
  rig.sender.onFilesChanged([0]);
  expect(rig.sender.idle).toBe(true);
});

test("files above the size limit aren't waited for", async () => {
  await start(blobsOf(1), stored);
  rig.ledger.add([{ name: "huge", path: null, size: 6_000_001, type: "" }]);
  rig.sender.send([1]);
  await done();
  expect(timesSent().get(1)).toBeUndefined();
});

test("what waits to be retried is sent at once when an outage is over", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  // Time only passes where the test says so: the backoff never ends by itself.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const device = new FakeDevice();
  const waiting = Promise.withResolvers<void>();
  let isOut = true;
  await start(blobsOf(10, 2000), async (request) => {
    if (!isOut) return stored(request);
    if (!request.call.startsWith("PUT /v1/batches/b/files/1/"))
      return { status: 502, body: { code: "storage_failed", detail: "" } };
    await waiting.promise;
    rig.server.health = "cut";
    return "cut";
  });
  await expect.poll(() => timesSent().get(0)).toBe(1);
  waiting.resolve();
  await expect.poll(() => rig.outages.length).toBe(1);
  isOut = false;
  rig.server.health = { body: { ok: true } };
  device.setNetwork("online");
  await expect.poll(() => timesSent().get(0)).toBe(2);
  expect(rig.outages.at(-1)).toBeNull();
});

test("a file that failed for good is sent again when another client retries it", async () => {
  let works = false;
  const failed = { ...storedFile(0), state: "failed", error: { code: "storage_failed" } };
  await start(blobsOf(7), (request) => (works ? stored(request) : { body: failed }));
  rig.ledger.apply([0, "failed", 0, 0, "storage_failed"], 2);
  await done();
  const tries = timesSent().get(0) ?? 0;
  rig.sender.onFilesChanged([0]);
  expect(rig.sender.idle).toBe(true);
  works = true;
  rig.ledger.apply([0, "queued", 0, 0, null], 3);
  rig.sender.onFilesChanged([0]);
  expect(rig.sender.idle).toBe(false);
  await done();
  expect(timesSent().get(0)).toBe(tries + 1);
});

test("a file that is refused before its retry is reported is tried only once more", async () => {
  const body = { code: "malformed_request", detail: "" };
  await start(blobsOf(7), () => ({ status: 400, body }));
  rig.ledger.apply([0, "failed", 0, 0, "storage_failed"], 2);
  await done();
  for (const [rev, state] of (["queued", "uploading", "queued"] as const).entries()) {
    rig.ledger.apply([0, state, 0, 0, null], rev + 3);
    rig.sender.onFilesChanged([0]);
    await done();
  }
  expect(timesSent().get(0)).toBe(2);
  expect(rig.ledger.localFailures.get(0)).toBe("malformed_request");
});

test("the bandwidth limit holds files back only while nothing is in flight", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const script: Script = async (request) => {
    await promise;
    return stored(request);
  };
  rig = await SenderRig.start(blobsOf(900, 900), script, { delaysRequests: true });
  // The second file waits for a quarter of an hour.
  rig.bandwidth.bytesPerSecond = 1;
  rig.sendAll();
  await expect.poll(() => rig.server.received.length).toBe(1);
  expect(rig.sender.isLimited).toBe(false);
  resolve();
  await expect.poll(() => rig.sender.isLimited).toBe(true);
  rig.bandwidth.bytesPerSecond = null;
  await done();
  expect(rig.sender.isLimited).toBe(false);
});
