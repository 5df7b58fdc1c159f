import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { BatchList, CreatedBatch, ListedBatch } from "../../protocol/index.ts";
import { ownerKey, tokenSigner } from "../auth/guard.ts";
import { call, readProblem } from "../testing/batch.ts";
import { bearer, secondsFromNow } from "../testing/grants.ts";
import { formBody, formRequest } from "../testing/multipart.ts";

afterEach(() => void vi.restoreAllMocks());

/** A grant for somebody whom nobody has seen before, called as an operator may call them. */
async function newOwner() {
  const name = `Åsa 😀 ${crypto.randomUUID()}`;
  const grant = await tokenSigner(env).signGrant(name, secondsFromNow(3600));
  return { grant, object: env.OWNER.get(env.OWNER.idFromName(await ownerKey(name))) };
}

async function create(grant: string, ...sizes: number[]): Promise<CreatedBatch> {
  const files = sizes.map((size) => ({ name: `${size}`, size }));
  const body = JSON.stringify({ files, sealed: true });
  const answer = await call("/v1/batches", { method: "POST", body, headers: bearer(grant) });
  if (answer.status !== 201) throw new Error(await answer.text());
  return answer.json<CreatedBatch>();
}

async function list(grant: string): Promise<ListedBatch[]> {
  const answer = await call("/v1/batches", { headers: bearer(grant) });
  if (answer.status !== 200) throw new Error(await answer.text());
  return (await answer.json<BatchList>()).batches;
}

function send({ links, tokens }: CreatedBatch, path: string, init: RequestInit) {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${tokens.write}`);
  return call(`${links.self}${path}`, { ...init, headers });
}

/** The batch's alarm, which would ring in a moment. */
const ring = ({ id }: CreatedBatch) => runDurableObjectAlarm(env.BATCH.getByName(id));

const statesOf = async (grant: string) => (await list(grant)).map(({ state }) => state);

describe("GET /v1/batches", () => {
  test("lists the owner's batches, the latest first, and nobody else's", async () => {
    const [mine, other] = [await newOwner(), await newOwner()];
    const first = await create(mine.grant, 1);
    const second = await create(mine.grant, 1, 2, 3);
    await create(other.grant, 1);
    const answer = await call("/v1/batches", { headers: bearer(mine.grant) });
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    const { batches } = await answer.json<BatchList>();
    expect(batches.map(({ id }) => id).toSorted()).toEqual([first.id, second.id].toSorted());
    const { id, links } = second;
    const createdAt: unknown = expect.stringMatching(/^\d{4}-.*Z$/u);
    expect(batches.find((batch) => batch.id === id)).toEqual({
      id,
      createdAt,
      state: "active",
      files: 3,
      links,
    });
  });

  test("lists none for who has none, and those of an anonymous owner by their token", async () => {
    expect(await list((await newOwner()).grant)).toEqual([]);
    const answer = await call("/v1/batches", { method: "POST", body: "{}" });
    const { id, tokens } = await answer.json<CreatedBatch>();
    const again = await create(tokens.owner ?? "", 1);
    expect(again.tokens.owner).toBeUndefined();
    const ids = (await list(tokens.owner ?? "")).map((batch) => batch.id);
    expect(ids.toSorted()).toEqual([id, again.id].toSorted());
  });

  test("is closed to whoever has no grant, or a batch's token", async () => {
    const { tokens } = await create((await newOwner()).grant);
    for (const headers of [{}, bearer(tokens.write), bearer(tokens.read), bearer("nonsense")]) {
      const problem = await readProblem(await call("/v1/batches", { headers }));
      expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    }
  });

  test("forgets nothing of concurrent batches, with an eviction in between", async () => {
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

describe("what becomes of a batch is told to its owner", () => {
  test("when it is paused, goes on and is complete", async () => {
    const { grant } = await newOwner();
    const batch = await create(grant, 5);
    await send(batch, "/pause", { method: "POST" });
    await ring(batch);
    await expect.poll(() => statesOf(grant)).toEqual(["paused"]);
    await send(batch, "/resume", { method: "POST" });
    await send(batch, "/bundle", formRequest(formBody([{ name: 0, bytes: "hello" }])));
    await ring(batch);
    await expect.poll(() => statesOf(grant)).toEqual(["completed"]);
  });

  test("when it is called off", async () => {
    const { grant } = await newOwner();
    const batch = await create(grant, 5);
    await send(batch, "/cancel", { method: "POST" });
    await ring(batch);
    await expect.poll(() => statesOf(grant)).toEqual(["cancelled"]);
  });

  test("when it is deleted, at once", async () => {
    const { grant } = await newOwner();
    const [kept, removed] = [await create(grant, 1), await create(grant, 2)];
    await send(removed, "", { method: "DELETE" });
    expect((await list(grant)).map(({ id }) => id)).toEqual([kept.id]);
    await ring(removed);
    expect((await list(grant)).map(({ id }) => id)).toEqual([kept.id]);
  });

  test("when files are added", async () => {
    const { grant } = await newOwner();
    const answer = await call("/v1/batches", {
      method: "POST",
      body: "{}",
      headers: bearer(grant),
    });
    const batch = await answer.json<CreatedBatch>();
    const files = [1, 2].map((size) => ({ name: "a", size }));
    const init = { method: "POST", body: JSON.stringify({ files }) };
    for (const key of ["first", "first", "second"]) {
      await send(batch, "/files", { ...init, headers: { "Idempotency-Key": key } });
    }
    expect(await list(grant)).toMatchObject([{ files: 4 }]);
  });
});

describe("an owner's object that cannot be reached", () => {
  const fail = () => {
    throw new Error("Network connection lost.");
  };

  test("keeps nobody from creating, and hears of the batch later", async () => {
    const { grant } = await newOwner();
    vi.spyOn(env.OWNER, "get").mockImplementationOnce(fail);
    const batch = await create(grant, 5);
    await ring(batch);
    const told = [{ id: batch.id, state: "active", files: 1 }];
    await expect.poll(() => list(grant)).toMatchObject(told);
  });

  test("hears of a batch's end when it can be reached again", async () => {
    const { grant } = await newOwner();
    const batch = await create(grant, 5);
    const log = vi.spyOn(console, "error").mockReturnValue();
    const owners = vi.spyOn(env.OWNER, "get").mockImplementation(fail);
    await send(batch, "/cancel", { method: "POST" });
    await ring(batch);
    await expect.poll(() => log.mock.calls.length).toBeGreaterThan(0);
    owners.mockRestore();
    expect(await statesOf(grant)).toEqual(["active"]);
    // The alarm that has failed has set the next one.
    await expect.poll(() => ring(batch)).toBe(true);
    await expect.poll(() => statesOf(grant)).toEqual(["cancelled"]);
  });
});
