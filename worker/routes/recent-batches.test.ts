import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Owner } from "../../durable-objects/index.ts";
import type { BatchList, CreatedBatch, ListedBatch } from "../../protocol/index.ts";
import { ownerKey } from "../auth/owner.ts";
import { call, readProblem } from "../testing/batch.ts";
import { bearer, grantFor } from "../testing/grants.ts";
import { formBody, formRequest } from "../testing/multipart.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Returns a grant for a new owner with an unusual name. */
async function newOwner(claims: { exp?: number } = {}) {
  const name = `Åsa 😀 ${crypto.randomUUID()}`;
  const grant = await grantFor(claims, name);
  return { grant, object: env.OWNER.get(env.OWNER.idFromName(await ownerKey(name))) };
}

async function create(grant: string, ...sizes: number[]): Promise<CreatedBatch> {
  const files = sizes.map((size) => ({ name: `${size}`, size }));
  const body = JSON.stringify({ files, sealed: true });
  const response = await call("/v1/batches", { method: "POST", body, headers: bearer(grant) });
  if (response.status !== 201) throw new Error(await response.text());
  return response.json<CreatedBatch>();
}

async function createUnsealed(grant: string, size: number): Promise<CreatedBatch> {
  const body = JSON.stringify({ files: [{ name: "a", size }], sealed: false });
  const response = await call("/v1/batches", { method: "POST", body, headers: bearer(grant) });
  return response.json<CreatedBatch>();
}

async function list(grant: string): Promise<ListedBatch[]> {
  const response = await call("/v1/batches", { headers: bearer(grant) });
  if (response.status !== 200) throw new Error(await response.text());
  return (await response.json<BatchList>()).batches;
}

function send({ links, tokens }: CreatedBatch, path: string, init: RequestInit) {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${tokens.write}`);
  return call(`${links.self}${path}`, { ...init, headers });
}

/** Runs the batch's alarm, which is due in a moment. */
const runAlarm = ({ id }: CreatedBatch) => runDurableObjectAlarm(env.BATCH.getByName(id));

const statesOf = async (grant: string) => (await list(grant)).map(({ state }) => state);

describe("GET /v1/batches", () => {
  test("lists only the owner's batches, latest first", async () => {
    const [mine, other] = [await newOwner(), await newOwner()];
    const first = await create(mine.grant, 1);
    const second = await create(mine.grant, 1, 2, 3);
    await create(other.grant, 1);
    const response = await call("/v1/batches", { headers: bearer(mine.grant) });
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const { batches } = await response.json<BatchList>();
    expect(batches.map(({ id }) => id).toSorted()).toEqual([first.id, second.id].toSorted());
    const { id, links } = second;
    const createdAt: unknown = expect.stringMatching(/^\d{4}-.*Z$/u);
    expect(batches.find((batch) => batch.id === id)).toEqual({
      id,
      createdAt,
      state: "active",
      files: 3,
      name: null,
      links,
    });
  });

  test("lists no batches for a new owner, and those of an anonymous owner by their token", async () => {
    expect(await list((await newOwner()).grant)).toEqual([]);
    const body = JSON.stringify({ files: [{ name: "a", size: 1 }] });
    const response = await call("/v1/batches", { method: "POST", body });
    const { id, tokens } = await response.json<CreatedBatch>();
    const again = await create(tokens.owner ?? "", 1);
    expect(again.tokens.owner).toBeUndefined();
    const ids = (await list(tokens.owner ?? "")).map((batch) => batch.id);
    expect(ids.toSorted()).toEqual([id, again.id].toSorted());
  });

  test("refuses a request without a grant or with a batch token", async () => {
    const { tokens } = await create((await newOwner()).grant);
    for (const headers of [{}, bearer(tokens.write), bearer(tokens.read), bearer("nonsense")]) {
      const problem = await readProblem(await call("/v1/batches", { headers }));
      expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    }
  });

  test("lists all of several concurrent batches, across an eviction", async () => {
    const { grant, object } = await newOwner();
    const made: string[] = [];
    for (let round = 0; round < 3; round++) {
      const batches = await Promise.all([1, 2, 3, 4, 5].map((size) => create(grant, size)));
      made.push(...batches.map(({ id }) => id));
      await evictDurableObject(object);
    }
    expect((await list(grant)).map(({ id }) => id).toSorted()).toEqual(made.toSorted());
  });
});

describe("the pages of an owner's list", () => {
  test("have every batch once, also when one is removed in between", async () => {
    const { grant } = await newOwner();
    const made = await Promise.all([1, 2, 3, 4, 5].map((size) => create(grant, size)));
    const page = async (query: string) => {
      const response = await call(`/v1/batches?limit=2${query}`, { headers: bearer(grant) });
      return response.json<BatchList>();
    };
    const first = await page("");
    const removed = made.find(({ id }) => id === first.batches[1]?.id);
    if (removed) await send(removed, "", { method: "DELETE" });
    const second = await page(`&after=${first.next}`);
    const third = await page(`&after=${second.next}`);
    const listed = [first, second, third].flatMap(({ batches }) => batches.map(({ id }) => id));
    expect(listed.toSorted()).toEqual(made.map(({ id }) => id).toSorted());
    expect(third.next).toBeNull();
  });

  test.each(["after=", "after=5", "after=x-y", "limit=0", "limit=-1"])(
    "refuse %s",
    async (query) => {
      const { grant } = await newOwner();
      const response = await call(`/v1/batches?${query}`, { headers: bearer(grant) });
      expect(await readProblem(response)).toMatchObject({ status: 400, code: "malformed_request" });
    },
  );
});

describe("the owner's list is updated", () => {
  test("when a batch is paused, resumed and completed", async () => {
    const { grant } = await newOwner();
    const batch = await create(grant, 5);
    await send(batch, "/pause", { method: "POST" });
    await runAlarm(batch);
    await expect.poll(() => statesOf(grant)).toEqual(["paused"]);
    await send(batch, "/resume", { method: "POST" });
    await send(batch, "/bundle", formRequest(formBody([{ name: 0, bytes: "hello" }])));
    await runAlarm(batch);
    await expect.poll(() => statesOf(grant)).toEqual(["completed"]);
  });

  test("when a batch is cancelled", async () => {
    const { grant } = await newOwner();
    const batch = await create(grant, 5);
    await send(batch, "/cancel", { method: "POST" });
    await runAlarm(batch);
    await expect.poll(() => statesOf(grant)).toEqual(["cancelled"]);
  });

  test("as soon as a batch is deleted", async () => {
    const { grant } = await newOwner();
    const [remaining, removed] = [await create(grant, 1), await create(grant, 2)];
    await send(removed, "", { method: "DELETE" });
    expect((await list(grant)).map(({ id }) => id)).toEqual([remaining.id]);
    await runAlarm(removed);
    expect((await list(grant)).map(({ id }) => id)).toEqual([remaining.id]);
  });

  test("when a batch is deleted because it expired without a file", async () => {
    const { grant } = await newOwner({ exp: Math.ceil((Date.now() + 60 * DAY_MS) / 1000) });
    const batch = await create(grant, 5);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 8 * DAY_MS });
    await runAlarm(batch);
    expect(await statesOf(grant)).toEqual(["cancelled"]);
    vi.setSystemTime(Date.now() + 30 * DAY_MS);
    await runAlarm(batch);
    expect(await list(grant)).toEqual([]);
  });

  test("when files are added", async () => {
    const { grant } = await newOwner();
    const response = await call("/v1/batches", {
      method: "POST",
      body: "{}",
      headers: bearer(grant),
    });
    const batch = await response.json<CreatedBatch>();
    const files = [1, 2].map((size) => ({ name: "a", size }));
    const init = { method: "POST", body: JSON.stringify({ files }) };
    for (const key of ["first", "first", "second"]) {
      await send(batch, "/files", { ...init, headers: { "Idempotency-Key": key } });
    }
    expect(await list(grant)).toMatchObject([{ files: 4 }]);
  });
});

describe("the names in an owner's list", () => {
  async function createNamed(token: string, metadata: object, files: readonly object[] = [FILE]) {
    const body = JSON.stringify({ files, metadata, sealed: false });
    const response = await call("/v1/batches", { method: "POST", body, headers: bearer(token) });
    if (response.status !== 201) throw new Error(await response.text());
    return response.json<CreatedBatch>();
  }

  const FILE = { name: "a", size: 5 };
  const namesOf = async (token: string) => (await list(token)).map(({ name }) => name);

  async function patch(batch: CreatedBatch, metadata: object): Promise<void> {
    const init = { method: "PATCH", body: JSON.stringify({ metadata }) };
    expect((await send(batch, "", init)).status).toBe(200);
  }

  test.each(["Straße 😀", "漢".repeat(200), "a\r\nb %41", "", "half \ud83d"])(
    "are those of the batches: %j",
    async (name) => {
      const { grant } = await newOwner();
      await createNamed(grant, { name });
      expect(await namesOf(grant)).toEqual([name.toWellFormed()]);
    },
  );

  test("are null without a text", async () => {
    const { grant } = await newOwner();
    for (const metadata of [{}, { name: 5 }, { name: null }]) await createNamed(grant, metadata);
    expect(await namesOf(grant)).toEqual([null, null, null]);
  });

  test("follow each change, until the batch is deleted", async () => {
    const { grant, object } = await newOwner();
    const batch = await createNamed(grant, {});
    await patch(batch, { name: "New" });
    await expect.poll(() => namesOf(grant)).toEqual(["New"]);
    await send(batch, "/bundle", formRequest(formBody([{ name: 0, bytes: "hello" }])));
    await send(batch, "", { method: "PATCH", body: '{"sealed":true}' });
    await runAlarm(batch);
    await expect.poll(() => statesOf(grant)).toEqual(["completed"]);
    await patch(batch, { name: "Newest" });
    await expect.poll(() => namesOf(grant)).toEqual(["Newest"]);
    await patch(batch, { name: null });
    await expect.poll(() => namesOf(grant)).toEqual([null]);
    await patch(batch, { name: "Last" });
    await send(batch, "", { method: "DELETE" });
    const left = await runInDurableObject(object, (_, { storage }) => storage.list());
    expect([...left.keys()]).not.toContain(`name/${batch.id}`);
  });

  test("of an anonymous owner's first batch appear with its first files", async () => {
    const init = { method: "POST", body: '{"metadata":{"name":"Photos"}}' };
    const batch = await (await call("/v1/batches", init)).json<CreatedBatch>();
    const owner = batch.tokens.owner ?? "";
    expect(await namesOf(owner)).toEqual([]);
    await send(batch, "/files", { method: "POST", body: JSON.stringify({ files: [FILE] }) });
    expect(await namesOf(owner)).toEqual(["Photos"]);
  });

  test("cost the owner no call while files are uploaded", async () => {
    const { grant } = await newOwner();
    const batch = await createNamed(grant, { name: "Photos" }, [FILE, FILE]);
    const owners = vi.spyOn(env.OWNER, "get");
    const begun = Date.now();
    await send(batch, "/files/0", { method: "PUT", body: "hello" });
    await send(batch, "/files/1", { method: "PUT", body: "hello" });
    const alarm = await runInDurableObject(env.BATCH.getByName(batch.id), (_, { storage }) =>
      storage.getAlarm(),
    );
    // The alarm is due after a minute if storing takes longer than the delay of events.
    expect(alarm).toBeGreaterThanOrEqual(begun + 60_000);
    expect(owners).not.toHaveBeenCalled();
  });
});

describe("an unreachable owner's object", () => {
  const fail = () => {
    throw new Error("Network connection lost.");
  };

  /** Expects `busy` with a pause. */
  async function expectBusy(response: Response): Promise<void> {
    expect(await readProblem(response)).toMatchObject({ status: 503, code: "busy" });
    expect(response.headers.get("Retry-After")).toMatch(/^[1-5]$/u);
  }

  test("refuses new batches and declarations, but no content of declared files", async () => {
    const { grant } = await newOwner();
    const batch = await createUnsealed(grant, 5);
    vi.spyOn(console, "warn").mockReturnValue();
    const owners = vi.spyOn(env.OWNER, "get").mockImplementation(fail);
    const body = JSON.stringify({ files: [{ name: "b", size: 1 }] });
    const headers = { "Idempotency-Key": "key" };
    await expectBusy(await call("/v1/batches", { method: "POST", body, headers: bearer(grant) }));
    await expectBusy(await send(batch, "/files", { method: "POST", body, headers }));
    const sent = await send(batch, "/files/0", { method: "PUT", body: "hello" });
    expect(await sent.json()).toMatchObject({ state: "completed" });
    owners.mockRestore();
    expect((await send(batch, "/files", { method: "POST", body, headers })).status).toBe(201);
    expect(await list(grant)).toMatchObject([{ id: batch.id, files: 2 }]);
  });

  test("refuses if it can't write", async () => {
    const { grant, object } = await newOwner();
    await create(grant, 1);
    vi.spyOn(console, "warn").mockReturnValue();
    const body = JSON.stringify({ files: [{ name: "a", size: 1 }] });
    const init = { method: "POST", body, headers: bearer(grant) };
    const failed = await runInDurableObject(object, async (owner: Owner) => {
      const put = vi.spyOn(owner.state.storage.kv, "put").mockImplementation(() => {
        throw new Error("The value is too large.");
      });
      const response = await call("/v1/batches", init);
      put.mockRestore();
      return response;
    });
    await expectBusy(failed);
    expect(await list(grant)).toHaveLength(1);
    expect((await call("/v1/batches", init)).status).toBe(201);
  });

  test("gets a batch's completion once it is reachable", async () => {
    const { grant } = await newOwner();
    const batch = await create(grant, 5);
    const log = vi.spyOn(console, "error").mockReturnValue();
    const owners = vi.spyOn(env.OWNER, "get").mockImplementation(fail);
    await send(batch, "/cancel", { method: "POST" });
    await runAlarm(batch);
    await expect.poll(() => log.mock.calls.length).toBeGreaterThan(0);
    owners.mockRestore();
    expect(await statesOf(grant)).toEqual(["active"]);
    // The failed alarm has scheduled the next one.
    await expect.poll(() => runAlarm(batch)).toBe(true);
    await expect.poll(() => statesOf(grant)).toEqual(["cancelled"]);
  });
});
