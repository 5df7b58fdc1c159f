import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Batch } from "../../durable-objects/index.ts";
import { LIMITS } from "../../protocol/index.ts";
import { TestBatch } from "../testing/batch.ts";
import { formBody, FORM_TYPE } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";

const STEP_MS = 10_000;
/** In 80 s, the Batch would no longer wait for a silent upload. */
const STEPS = 8;
const SIZE = 1_000_000;
const PARTS = LIMITS.partBytes + SIZE;

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

interface Body {
  name: string;
  /** Sizes of the batch's files. */
  sizes: number[];
  method: "POST" | "PUT";
  path: string;
  /** The file that the body is sent for. */
  id: number;
  content: Uint8Array<ArrayBuffer>;
}

const FILE: Body = {
  name: "a file",
  sizes: [SIZE],
  method: "PUT",
  path: "/files/0",
  id: 0,
  content: noise(SIZE),
};

const FIRST_PART: Body = {
  ...FILE,
  name: "the first part",
  sizes: [PARTS],
  path: "/files/0/parts/1",
  content: noise(LIMITS.partBytes),
};

const OTHER_PART: Body = {
  ...FIRST_PART,
  name: "another part",
  path: "/files/0/parts/2",
  content: noise(SIZE),
};

const BUNDLE: Body = {
  name: "a bundle",
  sizes: [10, SIZE],
  method: "POST",
  path: "/bundle",
  id: 1,
  content: formBody([10, SIZE].map((size, name) => ({ name, bytes: noise(size) }))),
};

/** Lets the Batch end the uploads that have been silent for too long. */
async function endSilentUploads(batch: TestBatch): Promise<void> {
  await runInDurableObject<Batch, void>(env.BATCH.getByName(batch.id), (object) => object.alarm());
}

/** Bytes per second after the first ones, which arrive at once. */
const SLOW = { bytesPerSecond: 1500, first: 200 };
const VERY_SLOW = { bytesPerSecond: 10, first: 200 };
const SLOWER = { bytesPerSecond: 1500, first: 300_000 };

test.each([
  { ...FILE, ...SLOW },
  { ...FILE, ...VERY_SLOW },
  { ...FILE, ...SLOWER },
  { ...FIRST_PART, ...SLOW },
  { ...FIRST_PART, ...SLOWER },
  { ...OTHER_PART, ...VERY_SLOW },
  { ...BUNDLE, ...SLOW },
])("$name is uploading at $bytesPerSecond bytes per second after $first bytes", async (body) => {
  const { sizes, method, path, id, content, bytesPerSecond, first } = body;
  const batch = await TestBatch.create(sizes);
  const { readable, writable } = new FixedLengthStream(content.length);
  const headers = method === "POST" ? { "Content-Type": FORM_TYPE } : {};
  const response = batch.call(path, { method, headers, body: readable });
  const writer = writable.getWriter();
  const step = (bytesPerSecond * STEP_MS) / 1000;
  let sent = first;
  await writer.write(content.slice(0, sent));
  for (let steps = 0; steps < STEPS; steps++) {
    await expect.poll(async () => (await batch.file(id)).state).toBe("uploading");
    const before = (await batch.file(id)).receivedBytes;
    vi.setSystemTime(Date.now() + STEP_MS);
    await writer.write(content.slice(sent, sent + step));
    sent += step;
    await expect.poll(async () => (await batch.file(id)).receivedBytes).toBeGreaterThan(before);
    await endSilentUploads(batch);
    expect(await batch.file(id)).toMatchObject({ state: "uploading", attempts: 1 });
  }
  await writer.write(content.slice(sent));
  await writer.close();
  expect((await response).ok).toBe(true);
});
