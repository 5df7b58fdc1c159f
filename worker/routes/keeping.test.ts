import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  type AccessInfo,
  type CreatedBatch,
  DAY_MS,
  type NewTokens,
} from "../../protocol/index.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor } from "../testing/grants.ts";

afterEach(() => void vi.useRealTimers());

async function create(body: object, limits?: object, vars = {}): Promise<CreatedBatch> {
  const headers = limits ? bearer(await grantFor({ limits })) : {};
  const init = { method: "POST", body: JSON.stringify(body), headers };
  const response = await callWith({ ...env, ...vars }, "/v1/batches", init);
  if (response.status !== 201) throw new Error(await response.text());
  return response.json();
}

const SEALED = { sealed: true };

/** Returns the days that a batch is kept, as its limits and its time say. */
function daysOf({ createdAt, keepUntil, limits }: CreatedBatch): [number | null, number | null] {
  const ms = keepUntil === null ? null : Date.parse(keepUntil) - Date.parse(createdAt);
  return [limits.keepDays, ms === null ? null : Math.round(ms / DAY_MS)];
}

describe("the days that a batch is kept", () => {
  test("are the call's or the grant's, whichever is least", async () => {
    expect(daysOf(await create(SEALED))).toEqual([null, null]);
    expect(daysOf(await create({ ...SEALED, keepDays: 9 }))).toEqual([9, 9]);
    expect(daysOf(await create(SEALED, { keepDays: 7 }))).toEqual([7, 7]);
    expect(daysOf(await create({ ...SEALED, keepDays: 9 }, { keepDays: 7 }))).toEqual([7, 7]);
    expect(daysOf(await create({ ...SEALED, keepDays: 3 }, { keepDays: 7 }))).toEqual([3, 3]);
  });

  test("are in the limits of a new batch, those of the operator and the grant", async () => {
    const vars = { ...env, KEEP_DAYS: "30" };
    const grant = await grantFor({ limits: { keepDays: 7 } });
    const infos = [
      callWith(vars, "/v1/limits"),
      callWith(vars, "/v1/limits", { headers: bearer(grant) }),
    ];
    const days = (await Promise.all(infos)).map(async (response) => {
      return (await response.json<AccessInfo>()).limits.keepDays;
    });
    expect(await Promise.all(days)).toEqual([30, 7]);
  });

  test.each([0, 1.5, 36_501, "7", null])("are not %j", async (keepDays) => {
    const response = call("/v1/batches", { method: "POST", body: JSON.stringify({ keepDays }) });
    const problem = await readProblem(await response);
    expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
    expect(problem.detail).toContain("keepDays");
  });

  test("are counted from the end, which the live event of the end says", async () => {
    const body = { files: [{ name: "a", size: 2 }], keepDays: 4 };
    const batch = TestBatch.of(await create(body));
    expect((await batch.status()).keepUntil).toBeNull();
    const watcher = await batch.watch();
    await batch.bundle([{ name: 0, bytes: "ok" }]);
    const { completedAt, keepUntil, limits } = await batch.status();
    expect(Date.parse(keepUntil ?? "") - Date.parse(completedAt ?? "")).toBe(4 * DAY_MS);
    expect(limits?.keepDays).toBe(4);
    expect(await watcher.next("uploadCompleted")).toMatchObject({ keepUntil });
  });
});

describe("from keepUntil on", () => {
  test("no token opens the batch, and read tokens end at that time", async () => {
    const batch = TestBatch.of(await create({ ...SEALED, keepDays: 4 }));
    const { tokens, keepUntil } = batch.created;
    const end = Math.floor(Date.parse(keepUntil ?? "") / 1000);
    const init = { method: "POST", body: JSON.stringify({ scopes: ["read"], expiresIn: 9e6 }) };
    const renewed = await batch.call("/tokens", init, tokens.owner);
    const { read = "", expiresAt } = await renewed.json<NewTokens>();
    const ends = [tokens.read, read].map((token) => end - (decodeJwt(token).exp ?? 0));
    expect(ends.every((seconds) => seconds >= 0 && seconds <= 1)).toBe(true);
    expect(Math.abs(Date.parse(expiresAt) - Date.parse(keepUntil ?? ""))).toBeLessThan(1000);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(keepUntil ?? "") });
    for (const token of [tokens.write, tokens.live]) {
      const problem = await readProblem(await batch.call("", {}, token));
      expect(problem).toMatchObject({ status: 404, code: "batch_not_found" });
    }
    expect((await batch.call("/tokens", { method: "POST" }, tokens.owner)).status).toBe(404);
  });
});

test("a repeated call gets the same keepUntil and tokens", async () => {
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  const body = JSON.stringify({ ...SEALED, keepDays: 4 });
  const responses = [1, 2].map(() => call("/v1/batches", { method: "POST", body, headers }));
  const [first, second] = await Promise.all(
    responses.map(async (response) => (await response).json<CreatedBatch>()),
  );
  expect(second).toEqual(first);
  expect(first?.keepUntil).toEqual(expect.any(String));
});
