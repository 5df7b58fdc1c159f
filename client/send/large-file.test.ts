import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS, MIB } from "../../protocol/index.ts";
import {
  FakePartStore,
  isListRequest,
  MULTIPART_EXPIRY,
  partOf,
} from "../testing/fake-part-store.ts";
import { stored, type ReceivedRequest, type ScriptedResponse } from "../testing/scripted-server.ts";
import { blobsOf, SenderRig } from "../testing/sender-rig.ts";

/** Three parts, the last one short. */
const SIZE = 2.5 * MIB;
const PUT = "PUT /v1/batches/b/files/0/parts/";
let rig: SenderRig;
let partStore: FakePartStore;

// Small, so that the tests send few bytes.
Object.assign(LIMITS, { partBytes: MIB });
// No jitter: tests wait for no backoff.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => {
  rig.stop();
  vi.restoreAllMocks();
});

/** Declares files on a server that accepts everything, unless `script` responds. */
async function prepare(
  blobs: readonly Blob[],
  script: (
    request: ReceivedRequest,
  ) => ScriptedResponse | null | Promise<ScriptedResponse | null> = () => null,
  options: { delaysRequests?: boolean } = {},
): Promise<void> {
  partStore = new FakePartStore(blobs.map(({ size }) => size));
  rig = await SenderRig.start(
    blobs,
    async (request) => (await script(request)) ?? partStore.respond(request) ?? stored(request),
    options,
  );
}

async function done(): Promise<void> {
  await expect.poll(() => rig.sender.idle).toBe(true);
}

/** Returns how often each part of file 0 was sent. */
function timesSent(): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { call } of rig.server.calls(PUT)) {
    const part = partOf(call) ?? 0;
    counts[part] = (counts[part] ?? 0) + 1;
  }
  return counts;
}

test("a large file is sent in parts, each once, with length, digest and token", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  await prepare([new Blob(Array.from({ length: 40 }, () => bytes))]);
  rig.sendAll();
  await done();
  const parts = rig.server.calls(PUT).toSorted((a, b) => a.call.localeCompare(b.call));
  expect(parts.map(({ bytes: length }) => length)).toEqual([MIB, MIB, MIB / 2]);
  for (const { headers, digest } of parts) {
    expect(headers["content-digest"]).toBe(`sha-256=:${digest}:`);
    expect(headers["authorization"]).toBe("Bearer token");
  }
  expect(rig.server.received).toHaveLength(3);
  expect([rig.ledger.sentBytesTotal, rig.ledger.localFailures.size]).toEqual([SIZE, 0]);
  expect(rig.sent).toEqual(rig.sent.toSorted((a, b) => a - b));
});

test("parts of one file are sent concurrently, and small files between them", async () => {
  const gate = Promise.withResolvers<void>();
  await prepare(blobsOf(5 * MIB - 400, 10, 20), async ({ call }) => {
    if (partOf(call) !== null) await gate.promise;
    return null;
  });
  rig.sendAll();
  await expect.poll(() => rig.server.calls(PUT).length).toBe(4);
  expect(rig.server.calls("POST")[0]?.files).toEqual([1, 2]);
  gate.resolve();
  await done();
  expect(timesSent()).toEqual({ 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 });
});

test("the ledger has the time at which an unfinished file starts over", async () => {
  const gate = Promise.withResolvers<null>();
  await prepare(blobsOf(SIZE), ({ call }) => (partOf(call) === 2 ? gate.promise : null));
  rig.sendAll();
  await expect.poll(() => rig.ledger.multipartExpiresAt(0)).toBe(MULTIPART_EXPIRY);
  gate.resolve(null);
  await done();
  expect(rig.ledger.multipartExpiresAt(0)).toBeNull();
});

test.for([
  ["the connection breaks", "cut"],
  ["R2 fails", { status: 502, body: { code: "storage_failed", detail: "" } }],
  ["bytes were damaged", { status: 422, body: { code: "checksum_mismatch", detail: "" } }],
] satisfies [string, ScriptedResponse][])(
  "only the failed part is sent again when %s",
  async ([, failure]) => {
    let failures = 0;
    await prepare(blobsOf(SIZE), ({ call }) =>
      partOf(call) === 2 && ++failures <= 2 ? failure : null,
    );
    rig.sendAll();
    await done();
    expect(timesSent()).toEqual({ 1: 1, 2: 3, 3: 1 });
    expect(rig.ledger.sentBytesTotal).toBe(SIZE);
    expect(Math.max(...rig.sent)).toBe(SIZE);
  },
);

test("a part that was stored although its response was lost isn't sent again", async () => {
  const listed = Promise.withResolvers<null>();
  let isCut = false;
  await prepare(blobsOf(SIZE), (request) => {
    if (isListRequest(request.call)) listed.resolve(null);
    if (partOf(request.call) === 2) return listed.promise;
    if (partOf(request.call) !== 1 || isCut) return null;
    partStore.respond(request);
    isCut = true;
    return "cut";
  });
  rig.sendAll();
  await done();
  expect(timesSent()).toEqual({ 1: 1, 2: 1, 3: 1 });
});

test("each part has its own tries, and the file fails with the first part that has none left", async () => {
  const body = { code: "checksum_mismatch", detail: "" };
  await prepare(blobsOf(SIZE), ({ call }) => (partOf(call) === 2 ? { status: 422, body } : null));
  rig.sendAll();
  await done();
  expect(timesSent()).toEqual({ 1: 1, 2: 3, 3: 1 });
  expect([...rig.ledger.localFailures]).toEqual([[0, "checksum_mismatch"]]);
  expect(rig.ledger.sentBytes(0)).toBe(1.5 * MIB);
});

test("stored parts of a file are listed first and aren't sent again", async () => {
  await prepare(blobsOf(SIZE));
  partStore.stored.set(0, new Set([1, 3]));
  rig.ledger.apply([0, "queued", 30, 1.5 * MIB, null], 2);
  rig.sendAll();
  await done();
  expect(timesSent()).toEqual({ 2: 1 });
  expect(Math.min(...rig.sent)).toBe(1.5 * MIB);
});

test("parts that the server has lost are sent again", async () => {
  let losses = 2;
  await prepare(blobsOf(SIZE), ({ call }) => {
    if (partOf(call) !== null && losses-- > 0) partStore.stored.get(0)?.clear();
    return null;
  });
  rig.sendAll();
  await done();
  expect(partStore.stored.get(0)).toEqual(new Set([1, 2, 3]));
  expect(rig.server.calls(PUT).length).toBeLessThanOrEqual(5);
});

test("the last part is sent again if all parts are stored and the file isn't being completed", async () => {
  let isIncomplete = true;
  await prepare(blobsOf(SIZE), (request) => {
    if (!isIncomplete) return null;
    partStore.respond(request);
    const parts = { partBytes: MIB, count: 3, received: [1, 2, 3] };
    const file = { id: 0, name: "", size: SIZE, state: "queued", progress: 49 };
    isIncomplete = !isListRequest(request.call);
    return { body: { ...file, receivedBytes: SIZE, parts } };
  });
  rig.sendAll();
  rig.ledger.apply([0, "queued", 49, SIZE, null], 2);
  const follow = () => {
    rig.sender.onFilesChanged([0]);
    return rig.sender.idle;
  };
  await expect.poll(follow).toBe(true);
  expect(timesSent()).toEqual({ 1: 1, 2: 1, 3: 2 });
});

test("a file that another client has completed is done, and its requests are aborted", async () => {
  const never = new Promise<null>(() => {});
  await prepare(blobsOf(SIZE), ({ call }) => (partOf(call) === null ? null : never));
  rig.sendAll();
  await expect.poll(() => rig.server.calls(PUT).length).toBe(3);
  rig.ledger.apply([0, "completed", 100, SIZE, null], 2);
  rig.sender.onFilesChanged([0]);
  expect(rig.sender.idle).toBe(true);
  await expect.poll(() => rig.server.pending).toBe(0);
});

test("a large file that was changed on disk fails and doesn't hold up the others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-"));
  const path = join(folder, "a.bin");
  await writeFile(path, new Uint8Array(SIZE));
  const changed = await openAsBlob(path);
  await writeFile(path, "short now");
  await prepare([changed, ...blobsOf(SIZE, 10)]);
  rig.sendAll();
  await done();
  expect([...rig.ledger.localFailures]).toEqual([[0, "file_unreadable"]]);
  expect(rig.server.calls(PUT)).toEqual([]);
  expect(partStore.stored.get(1)?.size).toBe(3);
  await rm(folder, { recursive: true });
});

test("parts wait while the batch is paused", async () => {
  let active = false;
  const body = { code: "batch_paused", detail: "" };
  await prepare(blobsOf(SIZE), () => (active ? null : { status: 409, body }));
  rig.sendAll();
  await expect.poll(() => rig.paused).toBe(3);
  active = true;
  rig.sender.limiter.resume("paused");
  await done();
  expect(timesSent()).toEqual({ 1: 2, 2: 2, 3: 2 });
  expect(rig.ledger.localFailures.size).toBe(0);
});

test("with a transport that can't throttle, parts start when the bandwidth limit allows", async () => {
  const times: number[] = [];
  const note = () => {
    times.push(performance.now());
    return null;
  };
  await prepare(blobsOf(4.5 * MIB), note, { delaysRequests: true });
  rig.bandwidth.bytesPerSecond = 4 * MIB;
  const start = performance.now();
  rig.sendAll();
  await done();
  const [, , third = 0, , fifth = 0] = times;
  expect(third - start).toBeGreaterThan(240);
  expect(fifth - start).toBeGreaterThan(740);
});

test("the digests of the next parts are computed while parts are in flight", async () => {
  const digesting = vi.spyOn(crypto.subtle, "digest");
  const first = Promise.withResolvers<null>();
  // Four requests in flight: one part of each file.
  await prepare(blobsOf(...Array.from({ length: 4 }, () => SIZE)), () => first.promise);
  rig.sendAll();
  await expect.poll(() => digesting.mock.calls.length).toBe(12);
  await expect.poll(() => rig.server.received.length).toBe(4);
  first.resolve(null);
  await done();
  expect([digesting.mock.calls.length, rig.server.received.length]).toEqual([12, 12]);
});
