import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LISTED_ENDED_BATCHES } from "../../protocol/index.ts";
import { callDurable, MissingMethod } from "./itty.ts";
import type { BatchEvent, NewOwnedBatch } from "./messages.ts";
import { OwnerClient } from "./client.ts";
import { encodedName } from "./names.ts";
import type { Owner } from "./owner.ts";

const HOUR_MS = 60 * 60 * 1000;
const NOON = Date.parse("2026-11-20T12:00:00Z");
const ALLOWED = { exceeded: null };
const NO_QUOTA = { openBatches: null, filesPerDay: null, bytesPerDay: null };

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

function batch(id: string, files = 1, bytes = 10): NewOwnedBatch {
  return { id, createdAt: Date.now(), files, bytes };
}

function event(id: string, state: BatchEvent["state"], rest: Partial<BatchEvent> = {}): BatchEvent {
  const completed = { files: 0, bytes: 0 };
  return { id, createdAt: Date.now(), rev: 2, state, files: 1, completed, ...rest };
}

/** A client of the same owner, under other quotas. */
function withQuota(quota: Partial<Pick<Env, QuotaName>>): OwnerClient {
  return new OwnerClient({ ...env, ...quota }, key);
}
type QuotaName = "QUOTA_OPEN_BATCHES" | "QUOTA_FILES_PER_DAY" | "QUOTA_BYTES_PER_DAY";

const ownerObject = () => env.OWNER.get(env.OWNER.idFromName(key));
const evict = () => evictDurableObject(ownerObject());

function storedKeys(): Promise<string[]> {
  return runInDurableObject(ownerObject(), (_, { storage }) => {
    return [...storage.kv.list()].map(([storedKey]) => storedKey);
  });
}

const encoded = (name: string) => encodedName({ name });

/** Returns the name of each listed batch. */
async function names(): Promise<Record<string, string | null>> {
  const batches = await owner.recent(null, 5000);
  return Object.fromEntries(batches.map(({ id, name }) => [id, name]));
}

const ids = async () => (await owner.recent(null, 5000)).map(({ id }) => id);

describe("an owner's recent batches", () => {
  test("are none at first", async () => {
    expect(await owner.recent(null, 5000)).toEqual([]);
  });

  test("survive concurrent calls and evictions", async () => {
    const rounds = [0, 1, 2].map((round) => [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `${round}-${n}`));
    for (const round of rounds) {
      const decisions = await Promise.all(round.map((id) => owner.reserveBatch(batch(id))));
      expect(decisions).toMatchObject(round.map(() => ALLOWED));
      await evict();
    }
    await Promise.all([
      owner.onBatchEvent(event("0-0", "completed")),
      owner.onBatchEvent(event("1-1", "removed")),
    ]);
    await evict();
    const all = rounds.flat().filter((id) => id !== "1-1");
    expect((await ids()).toSorted()).toEqual(all.toSorted());
    expect(
      (await owner.recent(null, 5000)).filter(({ state }) => state === "completed"),
    ).toHaveLength(1);
  });

  test("are listed latest first, reserved in any order", async () => {
    const at = (id: string, hours: number) => ({ ...batch(id), createdAt: NOON + hours * HOUR_MS });
    for (const created of [at("second", 2), at("third", 3), at("first", 1)]) {
      await owner.reserveBatch(created);
    }
    expect(await ids()).toEqual(["third", "second", "first"]);
  });

  test("come in pages, from which a removed batch is missing", async () => {
    for (const id of ["c", "a", "b", "d"]) await owner.reserveBatch(batch(id));
    const first = await owner.recent(null, 2);
    await owner.onBatchEvent(event("b", "removed"));
    const second = await owner.recent(first.at(-1) ?? null, 2);
    expect([...first, ...second].map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
  });

  test("ignore a late or repeated event", async () => {
    await owner.reserveBatch(batch("one"));
    await owner.onBatchEvent(event("one", "completed", { rev: 7, files: 3 }));
    await owner.onBatchEvent(event("one", "paused", { rev: 5 }));
    await owner.onBatchEvent(event("one", "completed", { rev: 7, files: 3 }));
    await owner.reserveBatch(batch("one"));
    expect(await owner.recent(null, 5000)).toEqual([
      { id: "one", createdAt: NOON, state: "completed", files: 3, name: null },
    ]);
  });

  test("include a batch whose reservation failed, after its first event", async () => {
    await owner.onBatchEvent(event("unreserved", "active"));
    expect(await owner.recent(null, 5000)).toMatchObject([{ id: "unreserved", state: "active" }]);
  });

  test("have names, of which the newest wins", async () => {
    await owner.reserveBatch({ ...batch("one"), name: encoded("first") });
    expect(await names()).toEqual({ one: "first" });
    const newest = event("one", "paused", { rev: 5, name: encoded("Åsa 😀 ".repeat(25)) });
    await owner.onBatchEvent(newest);
    await owner.onBatchEvent(event("one", "active", { rev: 4, name: encoded("late") }));
    await owner.onBatchEvent(event("one", "removed", { rev: 4, name: null }));
    await owner.reserveBatch({ ...batch("one"), name: encoded("first") });
    const added = { batch: "one", call: "call", createdAt: NOON, files: 1, bytes: 0 };
    await owner.reserveFiles({ ...added, name: encoded("late") });
    await owner.onBatchEvent(newest);
    await evict();
    expect(await names()).toEqual({ one: "Åsa 😀 ".repeat(25) });
    await owner.onBatchEvent(event("one", "active", { rev: 6, name: null }));
    expect(await names()).toEqual({ one: null });
  });

  test("keep their names if an earlier version's call or event has none", async () => {
    const added = { batch: "one", call: "call", createdAt: NOON, files: 1, bytes: 0 };
    await owner.reserveFiles({ ...added, name: encoded("name") });
    await owner.reserveFiles({ ...added, batch: "two" });
    await owner.onBatchEvent(event("one", "completed"));
    expect(await names()).toEqual({ one: "name", two: null });
  });

  test("delete the names of batches that they no longer list", async () => {
    const many = Array.from({ length: LISTED_ENDED_BATCHES + 1 }, (_, index) => `${index}`);
    const storedNames = await runInDurableObject(ownerObject(), (object: Owner, { storage }) => {
      for (const [index, id] of many.entries()) {
        const createdAt = NOON + index;
        object.reserveBatch({ ...batch(id, 0, 0), createdAt, name: encoded(id) }, NO_QUOTA);
        object.onBatchEvent(event(id, "completed", { createdAt, name: encoded(id) }));
      }
      object.onBatchEvent(event("2", "removed", { createdAt: NOON + 2, name: encoded("2") }));
      return [...storage.kv.list<string>({ prefix: "name/" })].map(([, name]) => name);
    });
    expect(storedNames.toSorted()).toEqual(many.filter((id) => !/^[02]$/u.test(id)).toSorted());
  });

  test("delete the name of a batch that was never created", async () => {
    await owner.reserveBatch({ ...batch("one", 0, 0), name: encoded("name") });
    vi.setSystemTime(NOON + HOUR_MS);
    await runDurableObjectAlarm(ownerObject());
    expect(await storedKeys()).not.toContain("name/one");
  });

  test("delete all names when the owner ends, also if the owner is blocked", async () => {
    const ownerEndsAt = NOON + HOUR_MS;
    await owner.reserveBatch({ ...batch("one"), ownerEndsAt, name: encoded("name") });
    await owner.onBatchEvent(event("one", "completed", { name: encoded("name") }));
    await owner.setBlocked(true);
    vi.setSystemTime(ownerEndsAt);
    await runDurableObjectAlarm(ownerObject());
    expect(await storedKeys()).toEqual(["block", "data", "untold"]);
  });

  test("are separate for each owner", async () => {
    await owner.reserveBatch(batch("mine"));
    expect(await new OwnerClient(env, `${key}-2`).recent(null, 5000)).toEqual([]);
  });

  test("callDurable() names a method that an earlier version lacks", async () => {
    const call = callDurable(env.OWNER, key, "unknown");
    await expect(call).rejects.toThrow(new MissingMethod("unknown"));
  });

  test("callDurable() refuses a key that looks like an object's id", async () => {
    const call = callDurable(env.OWNER, "0".repeat(64), "recent");
    await expect(call).rejects.toThrow("must not look like an object's id");
  });
});

describe("quotas", () => {
  test("of open batches allow another batch after one has ended", async () => {
    const limited = withQuota({ QUOTA_OPEN_BATCHES: "2" });
    await limited.reserveBatch(batch("one"));
    await limited.reserveBatch({ ...batch("two"), createdAt: NOON + 1 });
    expect(await limited.reserveBatch(batch("three"))).toMatchObject({ exceeded: "openBatches" });
    await limited.onBatchEvent(event("one", "paused"));
    expect(await limited.reserveBatch(batch("three"))).toMatchObject({ exceeded: "openBatches" });
    await limited.onBatchEvent(event("one", "cancelled", { rev: 3 }));
    expect(await limited.reserveBatch(batch("three"))).toMatchObject(ALLOWED);
    expect(await ids()).toHaveLength(3);
  });

  test("of files allow as many concurrent batches as they have files left", async () => {
    const limited = withQuota({ QUOTA_FILES_PER_DAY: "5" });
    const many = ["a", "b", "c", "d", "e", "f", "g"].map((id) => limited.reserveBatch(batch(id)));
    const decisions = await Promise.all(many);
    expect(decisions.filter(({ exceeded }) => exceeded === "files")).toHaveLength(2);
  });

  test("of files per day count the files of all batches, and those that are added", async () => {
    const limited = withQuota({ QUOTA_FILES_PER_DAY: "10" });
    await limited.reserveBatch(batch("one", 4));
    await limited.reserveBatch(batch("two", 4));
    expect(await limited.reserveBatch(batch("three", 3))).toMatchObject({ exceeded: "files" });
    const added = { batch: "two", call: "first", files: 2, bytes: 0 };
    expect(await limited.reserveFiles(added)).toMatchObject(ALLOWED);
    expect(await limited.reserveFiles(added)).toMatchObject(ALLOWED);
    await owner.onBatchEvent(event("two", "active", { files: 6, calls: ["first"] }));
    const more = { ...added, call: "second", files: 1 };
    expect(await limited.reserveFiles(more)).toMatchObject({ exceeded: "files" });
    vi.setSystemTime(NOON + 12 * HOUR_MS);
    expect(await limited.reserveFiles(more)).toMatchObject(ALLOWED);
    expect((await owner.recent(null, 5000)).find(({ id }) => id === "two")).toMatchObject({
      files: 7,
    });
  });

  test("of bytes per day get back what an ended batch did not complete", async () => {
    const limited = withQuota({ QUOTA_BYTES_PER_DAY: "100" });
    await limited.reserveBatch(batch("one", 5, 90));
    expect(await limited.reserveBatch(batch("two", 1, 20))).toMatchObject({ exceeded: "bytes" });
    const completed = { files: 2, bytes: 30 };
    await limited.onBatchEvent(event("one", "cancelled", { completed }));
    await limited.onBatchEvent(event("one", "cancelled", { completed }));
    expect(await limited.reserveBatch(batch("two", 1, 70))).toMatchObject(ALLOWED);
    expect(await limited.reserveBatch(batch("three", 1, 1))).toMatchObject({ exceeded: "bytes" });
  });

  test("get nothing back from a batch of yesterday", async () => {
    const limited = withQuota({ QUOTA_BYTES_PER_DAY: "100" });
    await limited.reserveBatch(batch("one", 5, 90));
    vi.setSystemTime(NOON + 24 * HOUR_MS);
    await limited.reserveBatch(batch("two", 1, 60));
    await limited.onBatchEvent(event("one", "cancelled", { createdAt: NOON }));
    expect(await limited.reserveBatch(batch("three", 1, 50))).toMatchObject({ exceeded: "bytes" });
  });

  test("count a removed batch once", async () => {
    const limited = withQuota({ QUOTA_FILES_PER_DAY: "10" });
    await limited.reserveBatch(batch("one", 4));
    const removed = event("one", "removed", { completed: { files: 4, bytes: 40 } });
    await limited.onBatchEvent(removed);
    await limited.onBatchEvent(removed);
    expect(await limited.reserveBatch(batch("two", 6))).toMatchObject(ALLOWED);
    expect(await limited.reserveBatch(batch("three", 1))).toMatchObject({ exceeded: "files" });
  });

  test("of 0 are no limit", async () => {
    const free = withQuota({
      QUOTA_OPEN_BATCHES: "0",
      QUOTA_FILES_PER_DAY: "0",
      QUOTA_BYTES_PER_DAY: "0",
    });
    expect(await free.reserveBatch(batch("one", 1e9, 1e15))).toMatchObject(ALLOWED);
    expect(await free.reserveBatch(batch("two", 1e9, 1e15))).toMatchObject(ALLOWED);
  });
});
