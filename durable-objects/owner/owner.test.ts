import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RECENT_BATCHES } from "../../protocol/index.ts";
import { callDurable } from "./itty.ts";
import type { BatchNews, NewOwnedBatch } from "./messages.ts";
import { OwnerClient } from "./client.ts";

const HOUR_MS = 60 * 60 * 1000;
const NOON = Date.parse("2026-11-20T12:00:00Z");
const ALLOWED = { excess: null, open: [] };

let key: string;
let owner: OwnerClient;

beforeEach(() => {
  key = `owner-${crypto.randomUUID()}`;
  owner = new OwnerClient(env, key);
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});

afterEach(() => {
  vi.useRealTimers();
});

const evict = () => evictDurableObject(env.OWNER.get(env.OWNER.idFromName(key)));

function batch(id: string, files = 1, bytes = 10): NewOwnedBatch {
  return { id, createdAt: Date.now(), files, bytes };
}

function news(id: string, state: BatchNews["state"], rest: Partial<BatchNews> = {}): BatchNews {
  const completed = { files: 0, bytes: 0 };
  return { id, createdAt: Date.now(), rev: 2, state, files: 1, completed, ...rest };
}

/** An owner who may do so much. */
function withQuota(quota: Partial<Pick<Env, QuotaName>>): OwnerClient {
  return new OwnerClient({ ...env, ...quota }, key);
}
type QuotaName = "QUOTA_OPEN_BATCHES" | "QUOTA_FILES_PER_DAY" | "QUOTA_BYTES_PER_DAY";

const ids = async () => (await owner.recent()).map(({ id }) => id);

describe("an owner's recent batches", () => {
  test("there are none at first", async () => {
    expect(await owner.recent()).toEqual([]);
  });

  test("concurrent batches and an eviction in between lose nothing", async () => {
    const rounds = [0, 1, 2].map((round) => [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `${round}-${n}`));
    for (const round of rounds) {
      const verdicts = await Promise.all(round.map((id) => owner.open(batch(id))));
      expect(verdicts).toEqual(round.map(() => ALLOWED));
      await evict();
    }
    await Promise.all([owner.hear(news("0-0", "completed")), owner.hear(news("1-1", "removed"))]);
    await evict();
    const all = rounds.flat().filter((id) => id !== "1-1");
    expect((await ids()).toSorted()).toEqual(all.toSorted());
    expect((await owner.recent()).filter(({ state }) => state === "completed")).toHaveLength(1);
  });

  test("the latest come first, in whatever order they are told of", async () => {
    const at = (id: string, hours: number) => ({ ...batch(id), createdAt: NOON + hours * HOUR_MS });
    for (const told of [at("second", 2), at("third", 3), at("first", 1)]) await owner.open(told);
    expect(await ids()).toEqual(["third", "second", "first"]);
  });

  test("a hundred of them, and of those that are open all are remembered", async () => {
    await owner.open({ ...batch("old"), createdAt: NOON - HOUR_MS });
    await owner.open({ ...batch("old and done"), createdAt: NOON - HOUR_MS });
    await owner.hear(news("old and done", "completed", { createdAt: NOON - HOUR_MS }));
    const later = Array.from({ length: RECENT_BATCHES }, (_, index) => `later ${index}`);
    for (const id of later) await owner.open(batch(id));
    expect((await ids()).toSorted()).toEqual(later.toSorted());
    await owner.hear(news(later[0] ?? "", "removed"));
    expect((await ids()).at(-1)).toBe("old");
  });

  test("what is told late or twice changes nothing", async () => {
    await owner.open(batch("one"));
    await owner.hear(news("one", "completed", { rev: 7, files: 3 }));
    await owner.hear(news("one", "paused", { rev: 5 }));
    await owner.hear(news("one", "completed", { rev: 7, files: 3 }));
    await owner.open(batch("one"));
    expect(await owner.recent()).toEqual([
      { id: "one", createdAt: NOON, state: "completed", files: 3 },
    ]);
  });

  test("a batch that was not announced tells of itself", async () => {
    await owner.hear(news("unheard", "active"));
    expect(await owner.recent()).toMatchObject([{ id: "unheard", state: "active" }]);
  });

  test("an owner sees no other's", async () => {
    await owner.open(batch("mine"));
    expect(await new OwnerClient(env, `${key}-2`).recent()).toEqual([]);
  });

  test("a key that looks like an object's id is refused", async () => {
    const call = callDurable(env.OWNER, "0".repeat(64), "recent");
    await expect(call).rejects.toThrow("not to look like its id");
  });
});

describe("a quota", () => {
  test("of open batches: the next one has room when one has ended", async () => {
    const limited = withQuota({ QUOTA_OPEN_BATCHES: "2" });
    await limited.open(batch("one"));
    await limited.open({ ...batch("two"), createdAt: NOON + 1 });
    expect(await limited.open(batch("three"))).toEqual({
      excess: "openBatches",
      open: ["two", "one"],
    });
    await limited.hear(news("one", "paused"));
    expect(await limited.open(batch("three"))).toMatchObject({ excess: "openBatches" });
    await limited.hear(news("one", "cancelled", { rev: 3 }));
    expect(await limited.open(batch("three"))).toEqual(ALLOWED);
    expect(await ids()).toHaveLength(3);
  });

  test("of concurrent batches, only as many are allowed as there is room for", async () => {
    const limited = withQuota({ QUOTA_FILES_PER_DAY: "5" });
    const many = ["a", "b", "c", "d", "e", "f", "g"].map((id) => limited.open(batch(id)));
    const verdicts = await Promise.all(many);
    expect(verdicts.filter(({ excess }) => excess === "files")).toHaveLength(2);
  });

  test("of files a day: those of one batch, of the next, and of what is added to it", async () => {
    const limited = withQuota({ QUOTA_FILES_PER_DAY: "10" });
    await limited.open(batch("one", 4));
    await limited.open(batch("two", 4));
    expect(await limited.open(batch("three", 3))).toEqual({ excess: "files", open: [] });
    const added = { batch: "two", call: "first", files: 2, bytes: 0 };
    expect(await limited.add(added)).toEqual(ALLOWED);
    expect(await limited.add(added)).toEqual(ALLOWED);
    const more = { ...added, call: "second", files: 1 };
    expect(await limited.add(more)).toEqual({ excess: "files", open: [] });
    vi.setSystemTime(NOON + 12 * HOUR_MS);
    expect(await limited.add(more)).toEqual(ALLOWED);
    expect((await owner.recent()).find(({ id }) => id === "two")).toMatchObject({ files: 7 });
  });

  test("of bytes a day: what never came is given back when its batch ends", async () => {
    const limited = withQuota({ QUOTA_BYTES_PER_DAY: "100" });
    await limited.open(batch("one", 5, 90));
    expect(await limited.open(batch("two", 1, 20))).toMatchObject({ excess: "bytes" });
    const completed = { files: 2, bytes: 30 };
    await limited.hear(news("one", "cancelled", { completed }));
    await limited.hear(news("one", "cancelled", { completed }));
    expect(await limited.open(batch("two", 1, 70))).toEqual(ALLOWED);
    expect(await limited.open(batch("three", 1, 1))).toMatchObject({ excess: "bytes" });
  });

  test("what a batch of yesterday did not bring is no room for today", async () => {
    const limited = withQuota({ QUOTA_BYTES_PER_DAY: "100" });
    await limited.open(batch("one", 5, 90));
    vi.setSystemTime(NOON + 24 * HOUR_MS);
    await limited.open(batch("two", 1, 60));
    await limited.hear(news("one", "cancelled", { createdAt: NOON }));
    expect(await limited.open(batch("three", 1, 50))).toMatchObject({ excess: "bytes" });
  });

  test("a removed batch is not counted twice", async () => {
    const limited = withQuota({ QUOTA_FILES_PER_DAY: "10" });
    await limited.open(batch("one", 4));
    const removed = news("one", "removed", { completed: { files: 4, bytes: 40 } });
    await limited.hear(removed);
    await limited.hear(removed);
    expect(await limited.open(batch("two", 6))).toEqual(ALLOWED);
    expect(await limited.open(batch("three", 1))).toMatchObject({ excess: "files" });
  });

  test("of 0 is none", async () => {
    const free = withQuota({
      QUOTA_OPEN_BATCHES: "0",
      QUOTA_FILES_PER_DAY: "0",
      QUOTA_BYTES_PER_DAY: "0",
    });
    expect(await free.open(batch("one", 1e9, 1e15))).toEqual(ALLOWED);
    expect(await free.open(batch("two", 1e9, 1e15))).toEqual(ALLOWED);
  });
});
