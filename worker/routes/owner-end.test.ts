import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { BatchList, CreatedBatch } from "../../protocol/index.ts";
import { ownerKey } from "../auth/owner.ts";
import { call, readProblem } from "../testing/batch.ts";
import { bearer, grantFor } from "../testing/grants.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60_000;
/** So far in the future that no alarm runs by itself. */
const NOON = Date.UTC(2100, 0, 1, 12);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ownerObject = async (name: string) =>
  env.OWNER.get(env.OWNER.idFromName(await ownerKey(name)));

/** Returns the object of an anonymous owner. */
function objectOf({ tokens }: CreatedBatch) {
  return ownerObject(decodeJwt(tokens.owner ?? "").sub ?? "");
}

/** Returns the stored keys of an object, which has none if it ended or was only asked. */
function stored(object: DurableObjectStub): Promise<string[]> {
  return runInDurableObject(object, async (_, { storage }) => {
    const alarm = await storage.getAlarm();
    return [...(await storage.list()).keys(), ...(alarm === null ? [] : ["alarm"])];
  });
}

function create(files: readonly object[], token?: string): Promise<Response> {
  const headers = token === undefined ? {} : bearer(token);
  return call("/v1/batches", { method: "POST", body: JSON.stringify({ files }), headers });
}

const FILE = { name: "a", size: 1 };

async function created(files: readonly object[] = [FILE], token?: string): Promise<CreatedBatch> {
  return (await create(files, token)).json<CreatedBatch>();
}

async function listed(token: string): Promise<string[]> {
  const response = await call("/v1/batches", { headers: bearer(token) });
  return (await response.json<BatchList>()).batches.map(({ id }) => id);
}

function remove({ links, tokens }: CreatedBatch): Promise<Response> {
  return call(links.self, { method: "DELETE", headers: bearer(tokens.write) });
}

describe("nothing is stored", () => {
  test("for a request that is refused", async () => {
    const [owners, batches] = await Promise.all([
      listDurableObjectIds(env.OWNER),
      listDurableObjectIds(env.BATCH),
    ]);
    const grant = await grantFor();
    for (const body of ["", "[]", "{", '{"files":[{}]}', '{"files":{}}']) {
      const response = await call("/v1/batches", { method: "POST", body, headers: bearer(grant) });
      expect(response.status).toBeGreaterThanOrEqual(400);
      await response.body?.cancel();
    }
    expect(await listDurableObjectIds(env.OWNER)).toHaveLength(owners.length);
    expect(await listDurableObjectIds(env.BATCH)).toHaveLength(batches.length);
  });

  test("for an owner who only asks", async () => {
    const name = crypto.randomUUID();
    expect(await listed(await grantFor({}, name))).toEqual([]);
    expect(await stored(await ownerObject(name))).toEqual([]);
  });

  test("for a new anonymous owner until their batch has files", async () => {
    const batch = await created([]);
    const object = await objectOf(batch);
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    expect(await stored(object)).toEqual([]);
    const body = JSON.stringify({ files: [FILE] });
    await call(batch.links.files, { method: "POST", body, headers: bearer(batch.tokens.write) });
    expect(await stored(object)).toEqual(["data", "alarm"]);
    expect(await listed(batch.tokens.owner ?? "")).toEqual([batch.id]);
  });

  test("by a declaration of no files", async () => {
    const batch = await created([]);
    const init = { method: "POST", body: '{"files":[]}', headers: bearer(batch.tokens.write) };
    const problem = await readProblem(await call(batch.links.files, init));
    expect(problem).toMatchObject({ status: 422, code: "invalid_files" });
    expect(await stored(await objectOf(batch))).toEqual([]);
  });
});

describe("the object of an owner ends", () => {
  test("after the day of the last batch, once all are deleted", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    const name = crypto.randomUUID();
    const grant = await grantFor({ exp: NOON / 1000 + 3600 }, name);
    const object = await ownerObject(name);
    const batch = await created([FILE], grant);
    const { write } = batch.tokens;
    await call(`${batch.links.files}/0`, { method: "PUT", body: "x", headers: bearer(write) });
    await remove(batch);
    await runDurableObjectAlarm(object);
    // The stored byte counts until midnight.
    expect(await stored(object)).toEqual(["data", "alarm"]);
    vi.setSystemTime(NOON + DAY_MS / 2);
    await runDurableObjectAlarm(object);
    expect(await stored(object)).toEqual([]);
  });

  test("ten minutes after a batch was reserved that is never created", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    vi.spyOn(console, "error").mockReturnValue();
    const name = crypto.randomUUID();
    const grant = await grantFor({ exp: NOON / 1000 + 3600 }, name);
    const object = await ownerObject(name);
    const owners = vi.spyOn(env.BATCH, "getByName").mockImplementation(() => {
      // The Worker ends here: it can't take the reservation back either.
      vi.spyOn(env.OWNER, "get").mockImplementation(() => {
        throw new Error("ended");
      });
      throw new Error("ended");
    });
    await (await create([FILE], grant)).body?.cancel();
    owners.mockRestore();
    vi.restoreAllMocks();
    expect(await listed(grant)).toHaveLength(1);
    vi.setSystemTime(NOON + 10 * MINUTE_MS);
    expect(await listed(grant)).toEqual([]);
    await runDurableObjectAlarm(object);
    await runDurableObjectAlarm(object);
    expect(await stored(object)).toEqual([]);
  });

  test("with the token of an anonymous owner, whose batches stay", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    const batch = await created();
    const object = await objectOf(batch);
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    vi.setSystemTime(NOON + 11 * MINUTE_MS);
    await runDurableObjectAlarm(object);
    expect(await listed(batch.tokens.owner ?? "")).toEqual([batch.id]);
    vi.setSystemTime(NOON + 366 * DAY_MS);
    await runDurableObjectAlarm(object);
    expect(await stored(object)).toEqual([]);
  });

  test("and starts again with the next batch", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    const name = crypto.randomUUID();
    const grant = await grantFor({ exp: NOON / 1000 + 3 * 24 * 3600 }, name);
    const object = await ownerObject(name);
    await remove(await created([FILE], grant));
    vi.setSystemTime(NOON + DAY_MS);
    await runDurableObjectAlarm(object);
    expect(await stored(object)).toEqual([]);
    const { id } = await created([FILE], grant);
    expect(await listed(grant)).toEqual([id]);
    expect(await stored(object)).toContain("data");
  });
});
