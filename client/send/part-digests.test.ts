import { createHash } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { LIMITS, MIB } from "../../protocol/index.ts";
import { PartDigests } from "./part-digests.ts";

const bytes = crypto.getRandomValues(new Uint8Array(65_536));
/** Three parts, the last one short. */
const file = new Blob(Array.from({ length: 40 }, () => bytes));

Object.assign(LIMITS, { partBytes: MIB });
afterEach(() => void vi.restoreAllMocks());

async function digestOf(part: number): Promise<Uint8Array> {
  const piece = await file.slice((part - 1) * MIB, part * MIB).arrayBuffer();
  return sha256(new Uint8Array(piece));
}

function sha256(content: string | Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(content).digest());
}

test("a prepared digest equals one that is computed on demand", async () => {
  const digests = new PartDigests(() => file);
  digests.prepare([
    [0, 1],
    [0, 3],
  ]);
  for (const part of [1, 2, 3]) {
    expect(await digests.take([0, part])).toEqual(await digestOf(part));
  }
});

/** Counts digests, and the most at a time. */
function countDigests() {
  const seen = { running: 0, most: 0, count: 0 };
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, "digest").mockImplementation(async (...args) => {
    seen.count++;
    seen.most = Math.max(seen.most, ++seen.running);
    const made = await digest(...args);
    seen.running--;
    return made;
  });
  return seen;
}

test("digests are computed one after the other, even if all are taken at once", async () => {
  const seen = countDigests();
  const digests = new PartDigests(() => file);
  digests.prepare([
    [0, 1],
    [0, 2],
    [0, 3],
  ]);
  const order: number[] = [];
  const take = async (part: number) => {
    expect(await digests.take([0, part])).toEqual(await digestOf(part));
    order.push(part);
  };
  await Promise.all([3, 2, 1].map(take));
  expect([seen.most, seen.count, order]).toEqual([1, 3, [1, 2, 3]]);
});

test("a prepared digest is computed once and taken once", async () => {
  const seen = countDigests();
  const digests = new PartDigests(() => file);
  digests.prepare([
    [0, 1],
    [0, 2],
  ]);
  digests.prepare([
    [0, 2],
    [0, 3],
  ]);
  await expect.poll(() => seen.count).toBe(3);
  await Promise.all([1, 2, 3].map((part) => digests.take([0, part])));
  expect([seen.most, seen.count]).toEqual([1, 3]);
  // A retry reads the file again: its content may have changed.
  await digests.take([0, 2]);
  expect(seen.count).toBe(4);
});

test("a file that is slow to read doesn't hold up other digests", async () => {
  const slow = new Blob(["x"]);
  vi.spyOn(slow, "slice").mockReturnValue(slow);
  const { promise, resolve } = Promise.withResolvers<ArrayBuffer>();
  vi.spyOn(slow, "arrayBuffer").mockReturnValue(promise);
  const digests = new PartDigests((id) => (id === 0 ? slow : file));
  digests.prepare([
    [0, 1],
    [1, 1],
  ]);
  expect(await digests.take([1, 1])).toEqual(await digestOf(1));
  resolve(new TextEncoder().encode("x").buffer);
  expect(await digests.take([0, 1])).toEqual(sha256("x"));
});

test("an unreadable file doesn't hold up other digests and is read again on a retry", async () => {
  const unreadable = new Blob(["x"]);
  vi.spyOn(unreadable, "slice").mockReturnValue(unreadable);
  const reading = vi.spyOn(unreadable, "arrayBuffer").mockRejectedValue(new Error("gone"));
  const digests = new PartDigests((id) => (id === 0 ? unreadable : file));
  digests.prepare([
    [0, 1],
    [1, 1],
  ]);
  expect(await digests.take([1, 1])).toEqual(await digestOf(1));
  await expect(digests.take([0, 1])).rejects.toMatchObject({ code: "file_unreadable" });
  await expect(digests.take([0, 1])).rejects.toMatchObject({ code: "file_unreadable" });
  expect(reading).toHaveBeenCalledTimes(2);
});
