import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { BatchList, CreatedBatch, NewTokens } from "../../protocol/index.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor } from "../testing/grants.ts";

const DAY_MS = 24 * 60 * 60_000;
const FILES = { files: [{ name: "a", size: 1 }], metadata: { name: "Holiday" } };
const MISMATCH = { status: 422, code: "idempotency_mismatch" };

/** A key that no test of another run has used. */
const newKey = () => crypto.randomUUID();

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function post(key: string, body: unknown = FILES, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const init = { method: "POST", body: text, headers: { ...headers, "Idempotency-Key": key } };
  return call("/v1/batches", init);
}

async function created(response: Promise<Response>): Promise<CreatedBatch> {
  const { status, ...rest } = await response;
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(rest)}`);
  return (await response).json<CreatedBatch>();
}

async function listed(token: string): Promise<string[]> {
  const { batches } = await (
    await call("/v1/batches", { headers: bearer(token) })
  ).json<BatchList>();
  return batches.map(({ id }) => id);
}

/** Advances the clock, without running an alarm. */
function pass(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

describe("POST /v1/batches with an Idempotency-Key", () => {
  test("creates one batch, and responds with the same to each repetition", async () => {
    const grant = await grantFor();
    const key = newKey();
    const first = await created(post(key, FILES, bearer(grant)));
    const batch = TestBatch.of(first);
    await batch.bundle([{ name: 0, bytes: "x" }]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5000 });
    const again = await post(key, FILES, bearer(grant));
    expect(again.headers.get("Location")).toBe(first.links.self);
    expect(await again.json()).toEqual(first);
    expect(await listed(grant)).toEqual([first.id]);
    expect(await TestBatch.of(first).status()).toMatchObject({ totals: { files: 1 } });
  });

  test("gives two calls at the same moment the same batch, whose quota is counted once", async () => {
    const quota = { QUOTA_FILES_PER_DAY: "2" };
    const headers = { ...bearer(await grantFor()), "Idempotency-Key": newKey() };
    const init = { method: "POST", body: JSON.stringify(FILES), headers };
    const responses = await Promise.all(
      [1, 2, 3, 4].map(() => callWith(quota, "/v1/batches", init)),
    );
    const bodies = await Promise.all(responses.map((response) => response.json<CreatedBatch>()));
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(responses.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const other = { ...init, headers: { ...headers, "Idempotency-Key": newKey() } };
    expect((await callWith(quota, "/v1/batches", other)).status).toBe(201);
    const third = { ...init, headers: { ...headers, "Idempotency-Key": newKey() } };
    expect((await callWith(quota, "/v1/batches", third)).status).toBe(429);
  });

  test("refuses a different body, even if only its spaces differ, and changes nothing", async () => {
    const grant = await grantFor();
    const key = newKey();
    const first = await created(post(key, FILES, bearer(grant)));
    for (const body of [{ files: [] }, `${JSON.stringify(FILES)} `]) {
      expect(await readProblem(await post(key, body, bearer(grant)))).toMatchObject(MISMATCH);
    }
    expect(await listed(grant)).toEqual([first.id]);
    expect(await created(post(key, FILES, bearer(grant)))).toEqual(first);
  });

  test("belongs to the owner", async () => {
    const key = newKey();
    const one = await created(post(key, FILES, bearer(await grantFor())));
    const two = await created(post(key, FILES, bearer(await grantFor())));
    const three = await created(post(key));
    expect(new Set([one.id, two.id, three.id]).size).toBe(3);
  });

  test("keeps the first call's limits, and its key is not used by a refused call", async () => {
    const owner = crypto.randomUUID();
    const key = newKey();
    const narrow = bearer(await grantFor({ limits: { maxFiles: 1 } }, owner));
    const two = { files: [...FILES.files, ...FILES.files] };
    expect(await readProblem(await post(key, two, narrow))).toMatchObject({
      code: "too_many_files",
    });
    const first = await created(post(key, FILES, narrow));
    expect(first.limits.files).toBe(1);
    expect(await created(post(key, FILES, bearer(await grantFor({}, owner))))).toEqual(first);
  });

  test("gives an anonymous client the same owner and tokens", async () => {
    const key = newKey();
    const first = await created(post(key));
    pass(5000);
    const again = await created(post(key));
    expect(again).toEqual(first);
    expect(await listed(again.tokens.owner ?? "")).toEqual([first.id]);
    expect((await TestBatch.of(again).status()).sealed).toBe(true);
  });

  test.each([
    ["a short key without a grant", "k".repeat(21), {}, 400],
    ["a key of 22 characters without a grant", "22 random characters -", {}, 201],
    ["a key of 256 characters", "k".repeat(256), {}, 400],
    ["an empty key", "", {}, 400],
    ["a key that is not ASCII", `${"k".repeat(22)}é`, {}, 400],
  ])("%s", async (_, key, headers, status) => {
    expect((await post(key, FILES, headers)).status).toBe(status);
  });

  test("takes a short key with a grant or an owner token", async () => {
    const { tokens } = await created(post(newKey()));
    for (const token of [await grantFor(), tokens.owner ?? ""]) {
      expect((await post("1", FILES, bearer(token))).status).toBe(201);
    }
  });

  test("gives tokens until 24 hours after the first call", async () => {
    const key = newKey();
    const { tokens, ...rest } = await created(post(key));
    pass(DAY_MS - 1000);
    expect((await created(post(key))).tokens).toEqual(tokens);
    pass(2000);
    expect(await created(post(key))).toEqual(rest);
  });

  test("gives tokens until the first revocation", async () => {
    const key = newKey();
    const { tokens, ...rest } = await created(post(key));
    const init = { method: "POST", body: '{"revoke":["read"]}', headers: bearer(tokens.write) };
    await (await call(`${rest.links.self}/tokens`, init)).json<NewTokens>();
    expect(await created(post(key))).toEqual(rest);
  });

  test("survives an eviction", async () => {
    const key = newKey();
    const first = await created(post(key));
    await evictDurableObject(env.BATCH.getByName(first.id));
    expect(await created(post(key))).toEqual(first);
    expect(await readProblem(await post(key, {}))).toMatchObject(MISMATCH);
  });

  test("creates the batch that an earlier call has only reserved", async () => {
    const key = newKey();
    const quota = { QUOTA_OPEN_BATCHES: "1" };
    const headers = { ...bearer(await grantFor()), "Idempotency-Key": key };
    const init = { method: "POST", body: JSON.stringify(FILES), headers };
    const getByName = env.BATCH.getByName.bind(env.BATCH);
    const broken = vi.spyOn(env.BATCH, "getByName").mockImplementation((name) => {
      const stub = getByName(name);
      Object.defineProperty(stub, "create", { value: () => Promise.reject(new Error("lost")) });
      return stub;
    });
    vi.spyOn(console, "error").mockReturnValue();
    expect((await callWith(quota, "/v1/batches", init)).status).toBe(500);
    broken.mockRestore();
    expect((await callWith(quota, "/v1/batches", init)).status).toBe(201);
  });

  test("finds the batch after the secret was replaced", async () => {
    const key = newKey();
    const first = await created(post(key));
    const TALLYMAN_SECRET = `a-new-secret-of-at-least-32-characters ${env.TALLYMAN_SECRET}`;
    const init = {
      method: "POST",
      body: JSON.stringify(FILES),
      headers: { "Idempotency-Key": key },
    };
    const again = await callWith({ TALLYMAN_SECRET }, "/v1/batches", init);
    const { id, tokens } = await again.json<CreatedBatch>();
    expect(id).toBe(first.id);
    const listing = { headers: bearer(tokens.owner ?? "") };
    const { batches } = await (
      await callWith({ TALLYMAN_SECRET }, "/v1/batches", listing)
    ).json<BatchList>();
    expect(batches.map((batch) => batch.id)).toEqual([first.id]);
  });

  test("ids tell a stranger who has guessed a key nothing", async () => {
    const key = newKey();
    const first = await created(post(key));
    const other = await callWith(
      { TALLYMAN_SECRET: "another-secret-of-at-least-32-characters" },
      "/v1/batches",
      { method: "POST", body: JSON.stringify(FILES), headers: { "Idempotency-Key": key } },
    );
    expect((await other.json<CreatedBatch>()).id).not.toBe(first.id);
  });
});

describe("a key whose batch was deleted", () => {
  const remove = async ({ links, tokens }: CreatedBatch) => {
    const init = { method: "DELETE", headers: bearer(tokens.write) };
    expect((await call(links.self, init)).status).toBe(204);
  };

  test("creates another batch, which the tokens of the first don't open", async () => {
    const grant = await grantFor();
    const key = newKey();
    const first = await created(post(key, FILES, bearer(grant)));
    await remove(first);
    const second = await created(post(key, FILES, bearer(grant)));
    expect(second.id).not.toBe(first.id);
    expect(await created(post(key, FILES, bearer(grant)))).toEqual(second);
    expect(await listed(grant)).toEqual([second.id]);
    const old = await call(second.links.self, { headers: bearer(first.tokens.write) });
    expect(old.status).toBe(403);
  });

  test("does so as well after the records were deleted, of which one mark is left", async () => {
    const grant = await grantFor();
    const key = newKey();
    const first = await created(post(key, FILES, bearer(grant)));
    await remove(first);
    const stub = env.BATCH.getByName(first.id);
    pass(11 * 60_000);
    await runDurableObjectAlarm(stub);
    await evictDurableObject(stub);
    expect(await runInDurableObject(stub, (_, { storage }) => [...storage.kv.list()])).toEqual([
      ["deleted", true],
    ]);
    const second = await created(post(key, FILES, bearer(grant)));
    expect(second.id).not.toBe(first.id);
    expect(await listed(grant)).toEqual([second.id]);
  });

  test("is refused after eight batches", async () => {
    const key = newKey();
    for (let count = 0; count < 8; count++) await remove(await created(post(key)));
    const problem = await readProblem(await post(key));
    expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
  });
});

describe("POST …/files with an Idempotency-Key", () => {
  const add = (batch: TestBatch, key: string, body: unknown) =>
    batch.call("/files", {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Idempotency-Key": key },
    });

  test("refuses a different body, and declares nothing", async () => {
    const batch = await TestBatch.create();
    const response = await (await add(batch, "1", FILES)).json();
    for (const body of [{ files: [] }, { ...FILES, firstFile: 0 }]) {
      expect(await readProblem(await add(batch, "1", body))).toMatchObject(MISMATCH);
    }
    expect(await (await add(batch, "1", FILES)).json()).toEqual(response);
    expect(response).toEqual({ firstFile: 0, count: 1, rev: 2 });
    expect((await batch.status()).totals.files).toBe(1);
  });

  test("declares the files of two calls at the same moment once", async () => {
    const batch = await TestBatch.create();
    const responses = await Promise.all([1, 2, 3].map(() => add(batch, "1", FILES)));
    const bodies = await Promise.all(responses.map((response) => response.json()));
    expect(bodies).toEqual([bodies[0], bodies[0], bodies[0]]);
    expect((await batch.status()).totals.files).toBe(1);
  });

  test("is refused if it is longer than 255 characters, or empty", async () => {
    const batch = await TestBatch.create();
    for (const key of ["k".repeat(256), ""]) {
      expect(await readProblem(await add(batch, key, FILES))).toMatchObject({ status: 400 });
    }
    expect((await add(batch, "k".repeat(255), FILES)).status).toBe(201);
  });
});
