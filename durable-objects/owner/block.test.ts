import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HOUR_MS } from "../../protocol/index.ts";
import type { Result } from "../batch/refusals.ts";
import type { OwnedBatch } from "./account.ts";
import { OwnerBlock } from "./block.ts";
import { OwnerClient } from "./client.ts";
import type { OperatorBlock } from "./messages.ts";
import type { Owner } from "./owner.ts";

const SLICE = 100;
const TOLD: Result<null> = { ok: true, value: null };
const UNKNOWN: Result<null> = { ok: false, code: "batch_not_found", detail: "" };

let key: string;
let object: DurableObjectStub;

beforeEach(() => {
  key = `owner-${crypto.randomUUID()}`;
  object = env.OWNER.get(env.OWNER.idFromName(key));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});

afterEach(() => void vi.useRealTimers());

const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `batch-${index}`);

/** Runs a test with a block in the storage of a real object. */
function withBlock(use: (block: OwnerBlock) => Promise<void>): Promise<void> {
  return runInDurableObject(object, (_, { storage }) => use(new OwnerBlock(storage)));
}

/** Answers calls to batches, and records them. */
class Batches {
  /** The decisions that each batch got, in order. */
  readonly told = new Map<string, boolean[]>();
  /** Calls in each run. */
  readonly runs: number[] = [];
  answer: (id: string) => Result<null> | null = () => TOLD;

  async run(block: OwnerBlock, isExpected = false): Promise<void> {
    vi.setSystemTime(Math.max(Date.now(), block.tellAt));
    this.runs.push(0);
    await block.tell(
      (id, decision) => this.#tell(id, decision),
      () => isExpected,
    );
  }

  /** Runs until every batch is told. */
  async runAll(block: OwnerBlock): Promise<void> {
    while (block.tellAt !== Infinity) await this.run(block);
  }

  #tell(id: string, { isBlocked }: OperatorBlock): Promise<Result<null>> {
    this.runs.push((this.runs.pop() ?? 0) + 1);
    const answer = this.answer(id);
    if (answer === null) return Promise.reject(new Error("unreachable"));
    if (answer.ok) this.told.set(id, [...(this.told.get(id) ?? []), isBlocked]);
    return Promise.resolve(answer);
  }
}

describe("the batches of a blocked owner", () => {
  test("are all told once, in bounded slices", async () => {
    const batches = new Batches();
    await withBlock(async (block) => {
      block.set(true, idsOf(6000));
      await batches.runAll(block);
    });
    expect(batches.told).toEqual(new Map(idsOf(6000).map((id) => [id, [true]])));
    expect(batches.runs).toEqual(Array.from({ length: 60 }, () => SLICE));
  });

  test("are told again until they respond, less and less often, and keep no other waiting", async () => {
    const batches = new Batches();
    let failures = 40;
    batches.answer = (id) => (id === "batch-7" && failures-- > 0 ? null : TOLD);
    const start = Date.now();
    await withBlock(async (block) => {
      block.set(true, idsOf(250));
      for (const _ of [1, 2, 3]) await batches.run(block);
      expect(batches.told.size).toBe(249);
      expect(Date.now()).toBe(start);
      await batches.runAll(block);
    });
    expect(batches.told.get("batch-7")).toEqual([true]);
    expect(Date.now()).toBeGreaterThan(start + 20 * HOUR_MS);
    expect(Date.now()).toBeLessThan(start + 40 * HOUR_MS);
  });

  test("get the latest decision, if it changes while they are told", async () => {
    const batches = new Batches();
    await withBlock(async (block) => {
      block.set(true, idsOf(150));
      batches.answer = (id) => {
        if (id === "batch-50") block.set(false, idsOf(150));
        return TOLD;
      };
      await batches.runAll(block);
      expect([block.isBlocked, block.isOver]).toEqual([false, true]);
    });
    for (const id of idsOf(150)) expect(batches.told.get(id)?.at(-1)).toBe(false);
  });

  test("are told only if they exist, or are about to", async () => {
    const batches = new Batches();
    batches.answer = () => UNKNOWN;
    await withBlock(async (block) => {
      block.set(true, ["reserved"]);
      for (const _ of [1, 2, 3]) await batches.run(block, true);
      expect(block.tellAt).toBeGreaterThan(Date.now());
      await batches.runAll(block);
      expect(batches.runs).toHaveLength(4);
    });
  });

  test.each([
    { ok: false, code: "batch_expired", detail: "" },
    { ok: false, code: "batch_not_found", detail: "" },
  ] as const)("need not be told if they take no uploads: $code", async (answer) => {
    const batches = new Batches();
    batches.answer = () => answer;
    await withBlock(async (block) => {
      block.set(true, ["over"]);
      await batches.runAll(block);
    });
    expect(batches.runs).toEqual([1]);
  });
});

describe("an owner with many batches", () => {
  const BATCHES = 150;

  test("blocks and unblocks all of them, as real objects", async () => {
    const ids = idsOf(BATCHES).map((id) => `${key} ${id}`);
    const files = [{ name: "a", size: 1 }];
    for (const id of ids) {
      await env.BATCH.getByName(id).create({ id, metadata: {}, files, sealed: true });
    }
    const listed = ids.map((id): OwnedBatch => {
      const createdAt = Date.now();
      return { id, createdAt, state: "active", files: 1, rev: 1, used: { files: 1, bytes: 1 } };
    });
    await runInDurableObject(object, (owner: Owner) => {
      owner.account = { ...owner.account, batches: listed };
    });
    const client = new OwnerClient(env, key);
    for (const isBlocked of [true, false]) {
      await client.setBlocked(isBlocked);
      for (let slice = 0; slice < Math.ceil(BATCHES / SLICE); slice++) {
        await runDurableObjectAlarm(object);
      }
      const admitted = await Promise.all(ids.map((id) => env.BATCH.getByName(id).admit(0, 1)));
      expect(new Set(admitted.map(({ ok }) => ok))).toEqual(new Set([!isBlocked]));
    }
  });
});
