import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Owner, OwnerClient } from "../../durable-objects/index.ts";
import { LIMITS, type OperatorOwner } from "../../protocol/index.ts";
import { ownerKey } from "../auth/owner.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor, operatorToken } from "../testing/grants.ts";
import { observeBindings } from "../testing/observed-bindings.ts";

const FILES = [
  { name: "stored", size: 1 },
  { name: "failed", size: 2, sha256: "0".repeat(64) },
  { name: "to come", size: 1 },
  { name: "in parts", size: LIMITS.partBytes + 1 },
];

let name: string;
let grant: string;
let object: DurableObjectStub;

beforeEach(async () => {
  name = `Åsa/../😀 ${crypto.randomUUID()}`;
  grant = await grantFor({}, name);
  object = env.OWNER.get(env.OWNER.idFromName(await ownerKey(name)));
});

afterEach(() => void vi.useRealTimers());

async function operate(path: string, init: RequestInit = {}): Promise<Response> {
  return call(`/v1/operator/owners${path}`, { ...init, headers: bearer(await operatorToken()) });
}

async function ownerOf(response: Response): Promise<OperatorOwner> {
  if (response.status !== 200) throw new Error(await response.text());
  return response.json<OperatorOwner>();
}

async function setBlocked(blocked: boolean): Promise<OperatorOwner> {
  const init = { method: "PUT", body: JSON.stringify({ blocked }) };
  return ownerOf(await operate(`/${encodeURIComponent(name)}`, init));
}

const tellBatches = () => runDurableObjectAlarm(object);

/** Blocks or unblocks the owner, and waits until their batches know it. */
async function decide(blocked: boolean): Promise<void> {
  await setBlocked(blocked);
  await tellBatches();
}

async function expectRefused(response: Response): Promise<void> {
  const problem = await readProblem(response);
  expect(problem).toMatchObject({ status: 403, code: "forbidden" });
  expect(problem.detail).toMatch(
    /^The operator of this server has blocked .*; ask the operator\.$/u,
  );
}

const createBatch = (files = FILES) => TestBatch.create(files, { grant, sealed: false });

describe("a blocked owner", () => {
  test("creates no batch, by any call, until they are unblocked", async () => {
    await decide(true);
    const create = (path: string, body: BodyInit) =>
      call(path, { method: "POST", body, headers: bearer(grant) });
    const form = new FormData();
    form.append("file", new Blob(["hello"]), "hello.txt");
    for (const body of ["{}", JSON.stringify({ files: [{ name: "a", size: 1 }] })]) {
      await expectRefused(await create("/v1/batches", body));
    }
    await expectRefused(await create("/v1/upload", form));
    expect((await setBlocked(false)).blocked).toBe(false);
    expect((await create("/v1/batches", "{}")).status).toBe(201);
  });

  test("adds no files, even before the batch knows", async () => {
    const batch = await createBatch();
    await setBlocked(true);
    const body = JSON.stringify({ files: [{ name: "more", size: 1 }] });
    await expectRefused(await batch.call("/files", { method: "POST", body }));
    expect((await batch.status()).totals.files).toBe(FILES.length);
  });

  test("sends, declares and retries nothing, reads and deletes, and continues later", async () => {
    const batch = await createBatch();
    await batch.put(0, "x");
    await batch.put(1, "no");
    await decide(true);
    expect(await batch.status()).toMatchObject({ blocked: true, totals: { failed: 1 } });
    const body = JSON.stringify({ files: [{ name: "more", size: 1 }] });
    const form = new FormData();
    form.append("2", new Blob(["x"]), "x");
    const refused: [string, RequestInit][] = [
      ["/files/2", { method: "PUT", body: "x" }],
      ["/files/1", { method: "PUT", body: "no" }],
      ["/files/3/parts/2", { method: "PUT", body: "x" }],
      ["/bundle", { method: "POST", body: form }],
      ["/files", { method: "POST", body }],
      ["/retry", { method: "POST" }],
    ];
    for (const [path, init] of refused) await expectRefused(await batch.call(path, init));
    expect(await (await batch.call("/files/0/content")).text()).toBe("x");
    await decide(false);
    expect(await batch.status()).not.toHaveProperty("blocked");
    for (const [path, init] of refused.slice(0, 3)) {
      expect((await batch.call(path, init)).status).not.toBe(403);
    }
    await decide(true);
    expect((await batch.call("/files/2", { method: "DELETE" })).status).toBe(200);
    expect((await batch.call("", { method: "DELETE" })).status).toBe(204);
  });

  test("finishes an upload that has begun, before the eyes of a watcher", async () => {
    const batch = await createBatch([{ name: "two bytes", size: 2 }]);
    const watcher = await batch.watch();
    const body = new TransformStream<Uint8Array, Uint8Array>();
    const writer = body.writable.getWriter();
    const putting = batch.put(0, body.readable, { "Content-Length": "2" });
    await writer.write(new Uint8Array([1]));
    await expect.poll(async () => (await batch.status()).totals.uploading).toBe(1);
    await decide(true);
    await expect
      .poll(() => watcher.frames)
      .toContainEqual(
        expect.objectContaining({
          event: "batch",
          batch: expect.objectContaining({ blocked: true }),
        }),
      );
    await writer.write(new Uint8Array([2]));
    await writer.close();
    expect(await (await putting).json()).toMatchObject({ state: "completed" });
  });

  test("costs no upload a call of the owner's object", async () => {
    const batch = await createBatch();
    await decide(true);
    const { bindings, calls } = observeBindings();
    const init = { method: "PUT", body: "x", headers: bearer(batch.created.tokens.write) };
    await expectRefused(await callWith(bindings, `${batch.created.links.self}/files/2`, init));
    expect(calls.filter(({ binding }) => binding === "OWNER")).toEqual([]);
  });

  test("is refused by a batch that was reserved before and created afterwards", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const id = crypto.randomUUID().replaceAll("-", "");
    const key = await ownerKey(name);
    const reserved = { id, createdAt: Date.now(), files: 1, bytes: 1 };
    await new OwnerClient(env, key).reserveBatch(reserved);
    await decide(true);
    const stub = env.BATCH.getByName(id);
    const files = [{ name: "a", size: 1 }];
    const owner = { key, name, isNotified: true };
    await stub.create({ id, metadata: {}, files, sealed: true, owner });
    expect(await stub.admit(0, 1)).toMatchObject({ ok: true });
    vi.setSystemTime(Date.now() + 5000);
    await tellBatches();
    expect(await stub.admit(0, 1)).toMatchObject({ ok: false, code: "forbidden" });
  });

  test("is refused by a batch that the owner's list did not have", async () => {
    const batch = await createBatch([{ name: "a", size: 1 }]);
    await runInDurableObject(object, (owner: Owner) => {
      owner.account = { ...owner.account, batches: [] };
    });
    await decide(true);
    expect(await batch.status()).not.toHaveProperty("blocked");
    await (await batch.call("/pause", { method: "POST" })).body?.cancel();
    await expect
      .poll(async () => {
        await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
        await tellBatches();
        return (await batch.status()).blocked;
      })
      .toBe(true);
  });

  test("is an anonymous one as well, by the name that the operator sees", async () => {
    const { created } = await TestBatch.create([1]);
    const init = { headers: bearer(await operatorToken()) };
    const { owner = "" } = await (await call(created.links.self, init)).json<{ owner?: string }>();
    const body = JSON.stringify({ blocked: true });
    const { batches } = await ownerOf(await operate(`/${owner}`, { method: "PUT", body }));
    expect(batches.map(({ id }) => id)).toEqual([created.id]);
    const again = { method: "POST", body: "{}", headers: bearer(created.tokens.owner ?? "") };
    await expectRefused(await call("/v1/batches", again));
  });
});

describe("the operator's view of an owner", () => {
  test.each([
    "a/b",
    "../../v1/health",
    "%2F%25",
    "Åsa 😀",
    "a?b#c&d=e+f",
    " ",
    "...",
    "x".repeat(999),
  ])("is found by the name %j", async (text) => {
    const unusual = `${text}${text === " " ? crypto.randomUUID() : ""}`;
    const token = await grantFor({}, unusual);
    const { id } = await TestBatch.create([1], { grant: token });
    const found = await ownerOf(await operate(`/${encodeURIComponent(unusual)}`));
    expect(found).toMatchObject({ owner: unusual, blocked: false });
    expect(found.batches.map((batch) => batch.id)).toContain(id);
    const inQuery = await operate(`?owner=${encodeURIComponent(unusual)}`);
    expect(await ownerOf(inQuery)).toEqual(found);
  });

  test.each([".", ".."])("is found by the name %j in the query", async (dots) => {
    const { id } = await TestBatch.create([1], { grant: await grantFor({}, dots) });
    const { owner, batches } = await ownerOf(await operate(`?owner=${dots}`));
    expect(owner).toBe(dots);
    expect(batches.map((batch) => batch.id)).toContain(id);
  });

  test("has pages, as the owner's own list", async () => {
    const made = await Promise.all([1, 2, 3].map(() => createBatch()));
    const path = `/${encodeURIComponent(name)}?limit=2`;
    const first = await ownerOf(await operate(path));
    const second = await ownerOf(await operate(`${path}&after=${first.next}`));
    const ids = [...first.batches, ...second.batches].map(({ id }) => id);
    expect(ids.toSorted()).toEqual(made.map(({ id }) => id).toSorted());
    expect([first.batches.length, second.next]).toEqual([2, null]);
  });

  test("leaves nothing stored of an owner who has nothing, not even after a block", async () => {
    const stored = () => runInDurableObject(object, (_, { storage }) => [...storage.kv.list()]);
    expect(await ownerOf(await operate(`/${encodeURIComponent(name)}`))).toEqual({
      owner: name,
      blocked: false,
      batches: [],
      next: null,
    });
    await setBlocked(false);
    expect(await stored()).toEqual([]);
    await decide(true);
    expect((await setBlocked(true)).blocked).toBe(true);
    expect(await tellBatches()).toBe(false);
    await decide(false);
    expect(await stored()).toEqual([]);
    expect(await tellBatches()).toBe(false);
  });

  test.each([
    ["", { method: "GET" }],
    ["", { method: "PUT", body: '{"blocked":true}' }],
    ["/an%20owner", { method: "PUT", body: "{}" }],
    ["/an%20owner", { method: "PUT", body: '{"blocked":"yes"}' }],
    ["/an%20owner", { method: "PUT" }],
    ["/an%20owner?name=x", { method: "GET" }],
  ])("refuses %j with %j", async (path, init) => {
    const problem = await readProblem(await operate(path, init));
    expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
  });
});
