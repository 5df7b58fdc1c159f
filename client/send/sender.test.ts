import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stored, storedFile, type Script, type Scripted } from "../testing/scripted-server.ts";
import { blobsOf, SenderRig } from "../testing/sender-rig.ts";

// Real servers on a busy machine take their time.
vi.setConfig({ testTimeout: 20_000 });
const BUNDLE = "POST /v1/batches/b/bundle";
let rig: SenderRig;

// Full jitter at its shortest: tests wait for no backoff but what the server asks for.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => {
  rig.stop();
  vi.restoreAllMocks();
});

/** Sends these files to a server that answers as the script says. */
async function sending(blobs: readonly Blob[], script: Script): Promise<void> {
  rig = await SenderRig.start(blobs, script);
  rig.sendAll();
}

/** Asks to wait for so many seconds. */
function busy(seconds: string): Scripted {
  const body = { code: "rate_limited", detail: "" };
  return { status: 429, headers: { "retry-after": seconds }, body };
}

async function done(): Promise<void> {
  await expect.poll(() => rig.sender.idle).toBe(true);
}

/** How often each file was carried. */
function carried(): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of rig.server.received.flatMap((request) => request.files)) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

test("each file is carried once: small ones together, large ones in parts, with the token", async () => {
  await sending(blobsOf(10, 2000, 20, 0), stored);
  await done();
  expect(carried()).toEqual(new Map([0, 1, 2, 3].map((id) => [id, 1])));
  expect(rig.server.calls(BUNDLE)[0]?.files).toEqual([0, 2, 3]);
  expect(rig.server.calls("PUT /v1/batches/b/files/1/parts/1")[0]?.headers).toMatchObject({
    "content-length": "2000",
    authorization: "Bearer token",
  });
  expect([rig.ledger.sentBytesTotal, rig.ledger.localFailures.size]).toEqual([2030, 0]);
});

test("a server that restarts is tried again", async () => {
  let tries = 0;
  await sending(blobsOf(10, 20), (request) => {
    tries++;
    if (tries === 1) return { status: 503, body: "worker restarted mid-request" };
    return tries === 2 ? "cut" : stored(request);
  });
  await done();
  expect([tries, rig.ledger.localFailures.size, rig.ledger.sentBytesTotal]).toEqual([3, 0, 30]);
});

test("the server is not asked again before Retry-After", async () => {
  const times: number[] = [];
  await sending(blobsOf(10, 20), (request) => {
    times.push(performance.now());
    return times.length > 1 ? stored(request) : busy("1");
  });
  await done();
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(990);
});

test("who is asked to wait sends nothing else meanwhile, and uses up no tries", async () => {
  const times: number[] = [];
  let refusals = 0;
  await sending(blobsOf(2000, 2000, 2000, 2000, 2000, 2000, 10), (request) => {
    times.push(performance.now());
    // More often than a file is tried that fails.
    if (++refusals <= 15) return busy("1");
    return stored(request);
  });
  await expect.poll(() => refusals).toBeGreaterThan(15);
  await done();
  expect([rig.ledger.localFailures.size, rig.ledger.sentBytesTotal]).toEqual([0, 12_010]);
  // Four requests at a time at most, and then a second of quiet.
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(gaps.filter((gap) => gap > 800).length).toBeGreaterThanOrEqual(3);
  expect(rig.rateLimits.filter((ms) => ms === 1000)).toHaveLength(15);
  expect(rig.rateLimits.at(-1)).toBeNull();
});

test("of a bundle only what failed is sent again, and only what is worth it", async () => {
  await sending(blobsOf(1, 2, 3, 4), (request) => {
    if (request.call.startsWith("PUT")) return stored(request);
    const error = { code: "storage_failed", detail: "", retryable: true };
    const refusal = { code: "type_refused", detail: "", retryable: false };
    const taken = [0, "completed", 100, 1, null];
    const failed = [3, "failed", 0, 0, "size_mismatch"];
    return {
      body: { rev: 4, files: [taken, { id: 1, error }, { id: 2, error: refusal }, failed] },
    };
  });
  await expect.poll(() => carried().get(1)).toBeGreaterThan(1);
  await done();
  expect(carried().get(0)).toBe(1);
  expect(carried().get(2)).toBe(1);
  expect([...rig.ledger.localFailures]).toContainEqual([2, "type_refused"]);
});

test("a file that the receipt leaves out was not seen to arrive", async () => {
  await sending(blobsOf(1, 2), (request) => {
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
  await sending(blobsOf(5), (request) => (works ? stored(request) : "cut"));
  await done();
  expect(carried().get(0)).toBe(10);
  expect([rig.ledger.state(0), rig.ledger.errorCode(0)]).toEqual(["failed", "connection_failed"]);
  expect(rig.ledger.sentBytesTotal).toBe(0);
  works = true;
  rig.sender.send([0]);
  await done();
  expect([rig.ledger.localFailures.size, carried().get(0)]).toEqual([0, 11]);
});

test("a paused batch keeps its files until it is active again", async () => {
  let active = false;
  await sending(blobsOf(1, 2), (request) => {
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

test("after a problem of the whole batch nothing more is sent", async () => {
  const body = { code: "batch_expired", detail: "" };
  await sending(blobsOf(2000, 2000, 2000, 2000, 2000, 2000), () => ({ status: 410, body }));
  await expect.poll(() => rig.fatal).toEqual(["batch_expired"]);
  expect(rig.sender.idle).toBe(true);
  expect(rig.server.received.length).toBeLessThanOrEqual(4);
});

test("a file that was changed on disk stops none of its bundle", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-"));
  const path = join(folder, "a.txt");
  await writeFile(path, "before");
  const changed = await openAsBlob(path);
  await writeFile(path, "after, and longer");
  await sending([...blobsOf(10), changed, ...blobsOf(20)], stored);
  await done();
  expect([rig.ledger.state(1), rig.ledger.errorCode(1)]).toEqual(["failed", "file_unreadable"]);
  expect(rig.server.calls(BUNDLE).at(-1)?.files).toEqual([0, 2]);
  expect(rig.ledger.localFailures.size).toBe(1);
  await rm(folder, { recursive: true });
});

test("what the server refused or has meanwhile is not sent", async () => {
  const gate = Promise.withResolvers<void>();
  await sending(blobsOf(2000, 2000, 2000, 2000, 2000, 2000), async (request) => {
    await gate.promise;
    return stored(request);
  });
  await expect.poll(() => rig.server.received.length).toBe(4);
  rig.ledger.apply([4, "failed", 0, 0, "type_refused"], 2);
  rig.ledger.apply([5, "completed", 100, 2000, null], 2);
  gate.resolve();
  await done();
  expect([...carried().keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
});

test("a file that fails after it arrived is sent again three times in all", async () => {
  await sending(blobsOf(7), stored);
  await done();
  for (let rev = 2; rev < 12; rev++) {
    rig.ledger.apply([0, "failed", 75, 7, "processing_failed"], rev);
    rig.sender.follow([0]);
    await done();
  }
  expect(carried().get(0)).toBe(3);
  rig.ledger.apply([0, "failed", 0, 7, "type_refused"], 99);
  rig.sender.follow([0]);
  expect(rig.sender.idle).toBe(true);
});

test("files above the limit are not waited for", async () => {
  await sending(blobsOf(1), stored);
  rig.ledger.add([{ name: "huge", path: null, size: 6_000_001, type: "" }]);
  rig.sender.send([1]);
  await done();
  expect(carried().get(1)).toBeUndefined();
});

test.each([true, false])(
  "when the network is back, what failed is sent again at once, and with all its tries (held: %s)",
  async (isHeld) => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    let isBack = false;
    await sending(blobsOf(10), (request) => (isBack ? stored(request) : "cut"));
    await expect.poll(() => carried().get(0)).toBe(3);
    if (isHeld) rig.sender.limiter.pause("offline");
    isBack = true;
    // Its next try is due in two seconds.
    await new Promise((resolve) => void setTimeout(resolve, 100));
    rig.sender.resetAttempts();
    rig.sender.limiter.resume("offline");
    await expect.poll(() => rig.sender.idle, { timeout: 1500 }).toBe(true);
    expect(carried().get(0)).toBe(4);
  },
);

test("a file that failed for good is sent again when somebody else has it retried", async () => {
  let works = false;
  const failed = { ...storedFile(0), state: "failed", error: { code: "storage_failed" } };
  await sending(blobsOf(7), (request) => (works ? stored(request) : { body: failed }));
  rig.ledger.apply([0, "failed", 0, 0, "storage_failed"], 2);
  await done();
  const tries = carried().get(0) ?? 0;
  rig.sender.follow([0]);
  expect(rig.sender.idle).toBe(true);
  works = true;
  rig.ledger.apply([0, "queued", 0, 0, null], 3);
  rig.sender.follow([0]);
  expect(rig.sender.idle).toBe(false);
  await done();
  expect(carried().get(0)).toBe(tries + 1);
});

test("a file that is refused before the news of its retry has come is tried once more, and no more", async () => {
  const body = { code: "malformed_request", detail: "" };
  await sending(blobsOf(7), () => ({ status: 400, body }));
  rig.ledger.apply([0, "failed", 0, 0, "storage_failed"], 2);
  await done();
  for (const [rev, state] of (["queued", "uploading", "queued"] as const).entries()) {
    rig.ledger.apply([0, state, 0, 0, null], rev + 3);
    rig.sender.follow([0]);
    await done();
  }
  expect(carried().get(0)).toBe(2);
  expect(rig.ledger.localFailures.get(0)).toBe("malformed_request");
});
