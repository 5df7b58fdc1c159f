import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS, type Tokens } from "../protocol/index.ts";
import { Signer } from "../worker/auth/jwt.ts";
import { signBatchToken } from "../worker/auth/tokens.ts";
import { Deployment, newState, type Version, versions } from "./previous-worker/deployment.ts";
import { readZip } from "../worker/testing/read-zip.ts";
import { TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";

/** Two parts, the last one short. */
const LARGE = LIMITS.partBytes + 5;

const NAMED = JSON.stringify({
  files: [{ name: "a", size: 10 }],
  metadata: { name: "Photos" },
});
const Created = v.object({ id: v.string(), tokens: v.object({ owner: v.string() }) });

const bytesOf = (size: number, seed: number) => new Uint8Array(size).fill(seed + 1);

let optionsOf: Awaited<ReturnType<typeof versions>>;

beforeAll(async () => {
  optionsOf = await versions();
});

/** Tokens of a version before they had kinds are of no use to today's Worker. */
async function newTokens(batch: string): Promise<Tokens> {
  const signer = new Signer([optionsOf("today").bindings.TALLYMAN_SECRET]);
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const sign = (scope: "write" | "read" | "live") =>
    signBatchToken(signer, { batch, scope }, expires);
  return { write: await sign("write"), read: await sign("read"), live: await sign("live") };
}

const sendPart = async (batch: TestBatch, file: number, part: number) => {
  const bytes = bytesOf(LARGE, file);
  const body = part === 1 ? bytes.slice(0, LIMITS.partBytes) : bytes.slice(LIMITS.partBytes);
  const response = await batch.call(`/files/${file}/parts/${part}`, { method: "PUT", body });
  expect([response.status, await response.json()]).toMatchObject([200, { id: file }]);
};

const sendWhole = async (batch: TestBatch, file: number, size: number) => {
  const response = await batch.put(file, bytesOf(size, file));
  expect([response.status, await response.json()]).toMatchObject([200, { state: "completed" }]);
};

async function contentOf(batch: TestBatch, file: number): Promise<Uint8Array> {
  return (await batch.call(`/files/${file}/content`)).bytes();
}

/** Checks that all files are completed with their own bytes, and that the batch says so. */
async function expectCompleted(batch: TestBatch, sizes: readonly number[]): Promise<void> {
  await expect.poll(async () => (await batch.status()).state).toBe("completed");
  const { totals } = await batch.status();
  expect(totals).toMatchObject({ files: sizes.length, completed: sizes.length });
  for (const [file, size] of sizes.entries()) {
    expect(Buffer.compare(await contentOf(batch, file), bytesOf(size, file))).toBe(0);
  }
}

/** Checks the archive of files that a previous Worker has stored, at least some of them or of their parts. */
async function expectArchive(batch: TestBatch, sizes: readonly number[]): Promise<void> {
  const response = await batch.call("/archive");
  const entries = readZip(await response.bytes());
  expect(entries.map(({ bytes }) => bytes.length)).toEqual(sizes);
  for (const [file, { bytes }] of entries.entries())
    expect(Buffer.compare(bytes, bytesOf(sizes[file] ?? 0, file))).toBe(0);
}

/** Opens a watcher's WebSocket. Returns the frames that it receives. */
function watch({ origin, created }: TestBatch) {
  const url = new URL(`${created.links.live}?token=${created.tokens.read}`, origin);
  url.protocol = "ws:";
  const socket = new WebSocket(url);
  const frames: unknown[] = [];
  socket.addEventListener("message", ({ data }) => void frames.push(JSON.parse(String(data))));
  return { frames, socket };
}

describe.each<{ worker: Version; objects: Version }>([
  { worker: "before-formats", objects: "today" },
  { worker: "today", objects: "before-formats" },
  { worker: "format-1", objects: "today" },
  { worker: "today", objects: "format-1" },
])("the Worker of $worker with the objects of $objects", (combination) => {
  const cleanUp = cleanUpAfterAll();
  let deployment: Deployment;
  const create = (...sizes: number[]) => TestBatch.create(deployment.origin, sizes);

  beforeAll(async () => {
    const { state, remove } = await newState();
    cleanUp(remove);
    deployment = await Deployment.start(optionsOf, state, combination);
    cleanUp(() => deployment.stop());
  });

  test("stores files that are sent whole, in a bundle and in parts, before a watcher's eyes", async () => {
    const sizes = [10, 20, 30, LARGE, 9_000_000];
    const batch = await create(...sizes);
    const { frames, socket } = watch(batch);
    await sendWhole(batch, 0, 10);
    const parts = [1, 2].map((file) => ({ name: `${file}`, bytes: bytesOf(file * 10 + 10, file) }));
    const { files } = await batch.bundle(parts);
    expect(files).toHaveLength(parts.length);
    expect(JSON.stringify(files)).not.toContain("error");
    await batch.seal();
    for (const part of [2, 1, 1]) await sendPart(batch, 3, part);
    await sendWhole(batch, 4, 9_000_000);
    await expectCompleted(batch, sizes);
    await expect.poll(() => frames.at(-1)).toMatchObject({ event: "uploadCompleted" });
    expect(frames[0]).toMatchObject({ event: "snapshot" });
    socket.close();
  });

  test("responds to a call that only the Worker knows that it is busy", async () => {
    const batch = await create(10);
    const response = await batch.call("/archive");
    const isNewer = combination.worker === "today";
    expect(await response.json()).toMatchObject(isNewer ? { code: "busy" } : { status: 404 });
    expect(response.headers.has("Retry-After")).toBe(isNewer);
  });

  test("stores the files of a form", async () => {
    const form = new FormData();
    form.append("file", new Blob(["hello"]), "hello.txt");
    const init = { method: "POST", body: form };
    const response = await fetch(`${deployment.origin}/v1/upload`, init);
    expect([response.status, await response.json()]).toMatchObject([
      201,
      { batch: { state: "completed" }, files: [{ name: "hello.txt", state: "completed" }] },
    ]);
  });

  test("lists a named batch, with its name if both know names", async () => {
    const { worker, objects } = combination;
    const init = { method: "POST", body: NAMED };
    const created = await fetch(`${deployment.origin}/v1/batches`, init);
    const { id, tokens } = v.parse(Created, await created.json());
    const headers = { Authorization: `Bearer ${tokens.owner}` };
    const list = await fetch(`${deployment.origin}/v1/batches`, { headers });
    const name = worker === "today" ? { name: objects === "today" ? "Photos" : null } : {};
    expect(await list.json()).toMatchObject({ batches: [{ id, ...name }] });
  });

  test("pauses, cancels and deletes", async () => {
    const batch = await create(10, LARGE);
    await (await batch.call("/pause", { method: "POST" })).body?.cancel();
    expect((await batch.put(0, bytesOf(10, 0))).status).toBe(409);
    await (await batch.call("/resume", { method: "POST" })).body?.cancel();
    await sendPart(batch, 1, 1);
    const cancelled = await batch.call("/files/1", { method: "DELETE" });
    expect(await cancelled.json()).toMatchObject({ state: "cancelled" });
    expect(await (await batch.call("/cancel", { method: "POST" })).json()).toMatchObject({
      state: "cancelled",
    });
    expect((await batch.call("", { method: "DELETE" })).status).toBe(204);
    expect((await batch.call()).status).toBe(404);
  });

  test("repeats a request whose response was lost", async () => {
    const batch = await create(10, LARGE);
    await Promise.allSettled([sendWhole(batch, 0, 10), sendWhole(batch, 0, 10)]);
    await sendWhole(batch, 0, 10);
    await Promise.allSettled([1, 2, 2, 1].map((part) => sendPart(batch, 1, part)));
    expect(await batch.seal()).toMatchObject({ sealed: true });
    await expectCompleted(batch, [10, LARGE]);
  });
});

describe("a batch whose object is replaced by today's in the middle of an upload", () => {
  const cleanUp = cleanUpAfterAll();
  const sizes = [10, LARGE, LARGE, 20];

  test("keeps what is stored, and is completed and deleted", async () => {
    const { state, remove } = await newState();
    cleanUp(remove);
    const before = { worker: "format-1", objects: "format-1" } as const;
    const previous = await Deployment.start(optionsOf, state, before);
    const batch = await TestBatch.create(previous.origin, sizes);
    await sendWhole(batch, 0, 10);
    await sendPart(batch, 1, 2);
    const { rev } = await batch.status();
    await previous.stop();

    const now = { worker: "today", objects: "today" } as const;
    const today = await Deployment.start(optionsOf, state, now);
    cleanUp(() => today.stop());
    const resumed = batch.on(today.origin, await newTokens(batch.id));
    const status = await resumed.status();
    expect(status.rev).toBeGreaterThanOrEqual(rev);
    expect(status).toMatchObject({
      state: "active",
      totals: { files: 4, completed: 1, queued: 3 },
    });
    await sendPart(resumed, 1, 1);
    for (const part of [1, 2]) await sendPart(resumed, 2, part);
    await sendWhole(resumed, 3, 20);
    await resumed.seal();
    await expectCompleted(resumed, sizes);
    await expectArchive(resumed, sizes);
    expect((await resumed.call("", { method: "DELETE" })).status).toBe(204);
    expect((await resumed.call()).status).toBe(404);
  });
});
