import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OwnerClient } from "./client.ts";
import type { BatchEvent } from "./messages.ts";

const NOON = Date.parse("2026-11-20T12:00:00Z");
const MINUTE_MS = 60_000;
const ALLOWED = null;
const EXCEEDED = "bytes";

let owner: OwnerClient;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  const quotas = { QUOTA_FILES_PER_DAY: "0", QUOTA_BYTES_PER_DAY: "100" };
  owner = new OwnerClient({ ...env, ...quotas }, `owner-${crypto.randomUUID()}`);
  await owner.reserveBatch({ id: "one", createdAt: NOON, files: 0, bytes: 0 });
  const completed = { files: 0, bytes: 0 };
  await owner.onBatchEvent({
    id: "one",
    createdAt: NOON,
    rev: 1,
    state: "active",
    files: 0,
    completed,
  });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Returns the quota that is exceeded; null if the reservation was made. */
async function reserve(call: string, bytes: number) {
  return (await owner.reserveFiles({ batch: "one", call, files: 1, bytes })).exceeded;
}

/** Reports that the batch has stored this many bytes with these calls. */
function report(bytes: number, calls: string[], state: BatchEvent["state"] = "active") {
  const completed = { files: 0, bytes: 0 };
  const counted = { files: 1, bytes };
  return owner.onBatchEvent({
    id: "one",
    createdAt: NOON,
    rev: 2,
    state,
    files: 1,
    completed,
    counted,
    calls,
  });
}

/** Reserves one byte more than these, and then these. */
async function reserveRest(bytes: number) {
  return [await reserve("too much", bytes + 1), await reserve("the rest", bytes)];
}

const wait = (minutes: number) => vi.setSystemTime(NOON + minutes * MINUTE_MS);

test("repeated calls are counted once, in any order", async () => {
  for (const call of ["a", "b", "a", "b"]) expect(await reserve(call, 20)).toBe(ALLOWED);
  expect(await reserveRest(60)).toEqual([EXCEEDED, ALLOWED]);
});

test("a repeated call with more bytes reserves the difference, or nothing", async () => {
  expect(await reserve("a", 10)).toBe(ALLOWED);
  expect(await reserve("a", 101)).toBe(EXCEEDED);
  expect(await reserve("a", 60)).toBe(ALLOWED);
  expect(await reserveRest(40)).toEqual([EXCEEDED, ALLOWED]);
});

test("a reservation that its batch has not confirmed is released after ten minutes", async () => {
  await reserve("a", 60);
  wait(9);
  expect(await reserve("b", 41)).toBe(EXCEEDED);
  wait(10);
  expect(await reserveRest(100)).toEqual([EXCEEDED, ALLOWED]);
});

test("a confirmed reservation stays", async () => {
  await reserve("a", 60);
  await report(60, ["a"]);
  wait(10);
  expect(await reserveRest(40)).toEqual([EXCEEDED, ALLOWED]);
});

test("a call that the batch has stored and not named is counted once after ten minutes", async () => {
  await reserve("a", 30);
  await report(30, []);
  wait(10);
  expect(await reserveRest(70)).toEqual([EXCEEDED, ALLOWED]);
});

test("a batch that is not created is released after ten minutes, with its quota", async () => {
  await owner.reserveBatch({ id: "two", createdAt: NOON, files: 1, bytes: 60 });
  wait(9);
  expect(await reserve("a", 41)).toBe(EXCEEDED);
  wait(10);
  expect(await reserve("a", 100)).toBe(ALLOWED);
  expect((await owner.recent(null, 10)).map(({ id }) => id)).toEqual(["one"]);
});

test("files that a batch has stored without a reservation are counted", async () => {
  await report(60, []);
  expect(await reserveRest(40)).toEqual([EXCEEDED, ALLOWED]);
});

test("a reservation that a batch has not used is released when it ends", async () => {
  await reserve("a", 60);
  await reserve("b", 30);
  await report(60, ["a"], "completed");
  expect(await reserveRest(40)).toEqual([EXCEEDED, ALLOWED]);
});

test("an owner whose token has expired has used the quota of today all the same", async () => {
  // So far in the future that no alarm runs by itself.
  const now = Date.UTC(2100, 0, 1, 12);
  vi.setSystemTime(now);
  const key = `owner-${crypto.randomUUID()}`;
  const quotas = { QUOTA_FILES_PER_DAY: "0", QUOTA_BYTES_PER_DAY: "100" };
  const expired = new OwnerClient({ ...env, ...quotas }, key);
  const files = { batch: "old", createdAt: now, files: 1, bytes: 60, ownerEndsAt: now + 1 };
  expect(await expired.reserveFiles({ ...files, call: "first" })).toMatchObject({ exceeded: null });
  vi.setSystemTime(now + 2);
  await runDurableObjectAlarm(env.OWNER.get(env.OWNER.idFromName(key)));
  const second = await expired.reserveFiles({ ...files, call: "second" });
  expect(second).toMatchObject({ exceeded: "bytes" });
});
