import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type NewTokens, TOKEN_MAX_SECONDS } from "../../protocol/index.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { grantFor } from "../testing/grants.ts";
import { eventually } from "../testing/watcher.ts";

const DAY_MS = 24 * 60 * 60_000;

afterEach(() => void vi.useRealTimers());

/** Asks for tokens, by default as the batch's anonymous owner. */
function ask(batch: TestBatch, body?: object, token = batch.created.tokens.owner) {
  const init = { method: "POST", ...(body && { body: JSON.stringify(body) }) };
  return batch.call("/tokens", init, token);
}

async function renew(batch: TestBatch, body?: object, token?: string): Promise<NewTokens> {
  const response = await ask(batch, body, token);
  if (response.status !== 200) throw new Error(await response.text());
  return response.json();
}

async function statusWith(batch: TestBatch, token: string | undefined): Promise<number> {
  const response = await batch.call("", {}, token ?? "");
  await response.body?.cancel();
  return response.status;
}

const kinds = (tokens: NewTokens) =>
  Object.keys(tokens)
    .filter((name) => name !== "expiresAt" && name !== "links")
    .toSorted();

describe("new tokens", () => {
  test("are a read, a write and a live token for the owner", async () => {
    const batch = await TestBatch.create([1]);
    const tokens = await renew(batch);
    expect(kinds(tokens)).toEqual(["live", "read", "write"]);
    expect(tokens.links).toEqual({ page: batch.created.links.page });
    expect((await batch.call("/pause", { method: "POST" }, tokens.write)).status).toBe(200);
    expect(await statusWith(batch, tokens.read)).toBe(200);
    expect(await statusWith(batch, tokens.live)).toBe(200);
  });

  test("are a read and a live token for a holder of the write token", async () => {
    const batch = await TestBatch.create([1]);
    expect(kinds(await renew(batch, undefined, batch.created.tokens.write))).toEqual([
      "live",
      "read",
    ]);
    for (const body of [{ scopes: ["write"] }, { revoke: ["write"] }]) {
      const problem = await readProblem(await ask(batch, body, batch.created.tokens.write));
      expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    }
  });

  test("are for a grant of the same owner that can make tokens, and for no other", async () => {
    const owner = crypto.randomUUID();
    const batch = await TestBatch.create([1], { grant: await grantFor({}, owner) });
    const tokens = await renew(batch, undefined, await grantFor({ can: ["tokens"] }, owner));
    expect(kinds(tokens)).toEqual(["live", "read", "write"]);
    for (const grant of [await grantFor({}, owner), await grantFor({ can: ["tokens"] })]) {
      const problem = await readProblem(await ask(batch, undefined, grant));
      expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    }
  });

  test("expire after LINK_DAYS, or a year, or the given time", async () => {
    const batch = await TestBatch.create();
    const lifetimeOf = (token = "") => {
      const { exp = 0, iat = 0 } = decodeJwt(token);
      return exp - iat;
    };
    const { tokens } = batch.created;
    for (const { read, write, live } of [tokens, await renew(batch)]) {
      expect([read, write, live].map(lifetimeOf)).toEqual([
        30 * 86_400,
        TOKEN_MAX_SECONDS,
        TOKEN_MAX_SECONDS,
      ]);
    }
    const short = await renew(batch, { scopes: ["read", "write"], expiresIn: 60 });
    expect([short.read, short.write].map(lifetimeOf)).toEqual([60, 60]);
    expect(Date.parse(short.expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
  });

  test.each([
    { scopes: ["all"] },
    { scopes: [] },
    { scopes: ["add"] },
    { expiresIn: 0 },
    { expiresIn: 1.5 },
    { expiresIn: TOKEN_MAX_SECONDS + 1 },
    { revoke: ["live"] },
    { revoke: "read" },
  ])("are refused: %j", async (body) => {
    const batch = await TestBatch.create();
    const problem = await readProblem(await ask(batch, body));
    expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
  });
});

describe("a revocation", () => {
  test.each([
    ["read", ["write", "live"], ["read"]],
    ["write", ["read"], ["write", "live"]],
  ] as const)("of %s leaves %j and ends %j, across an eviction", async (scope, left, ended) => {
    const batch = await TestBatch.create([1]);
    const { tokens } = batch.created;
    const renewed = await renew(batch, { revoke: [scope] });
    await evictDurableObject(env.BATCH.getByName(batch.id));
    for (const kind of left) expect(await statusWith(batch, tokens[kind])).toBe(200);
    for (const kind of ended) {
      const problem = await readProblem(await batch.call("", {}, tokens[kind]));
      expect(problem).toMatchObject({ status: 401, code: "token_revoked" });
      expect(await statusWith(batch, renewed[kind])).toBe(200);
    }
  });

  test("closes the sockets of ended tokens, and their event streams", async () => {
    const batch = await TestBatch.create([1]);
    const { tokens, links } = batch.created;
    const reader = await batch.watch();
    const writer = await batch.watch(undefined, tokens.live);
    const stream = await call(`${links.events}?token=${tokens.read}`);
    await renew(batch, { revoke: ["read"] });
    await eventually(() => reader.closeCode === 4401);
    expect(await stream.text()).toContain("event: snapshot");
    expect(writer.closeCode).toBeNull();
    await renew(batch, { revoke: ["write"] });
    await eventually(() => writer.closeCode === 4401);
  });

  test("ends no request that has begun", async () => {
    const batch = await TestBatch.create([2]);
    const body = new TransformStream<Uint8Array, Uint8Array>();
    const writer = body.writable.getWriter();
    const putting = batch.put(0, body.readable, { "Content-Length": "2" });
    await writer.write(new Uint8Array([1]));
    await expect.poll(async () => (await batch.status()).totals.uploading).toBe(1);
    await renew(batch, { revoke: ["write"] });
    await writer.write(new Uint8Array([2]));
    await writer.close();
    expect(await (await putting).json()).toMatchObject({ state: "completed" });
  });
});

describe("the end of a batch", () => {
  test("ends its write and live tokens LINK_DAYS later; new ones open it as long as it exists", async () => {
    const batch = await TestBatch.create([], { sealed: true });
    const { tokens } = batch.created;
    const pass = (days: number) =>
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * DAY_MS });
    pass(29);
    expect(await statusWith(batch, tokens.write)).toBe(200);
    pass(2);
    for (const token of [tokens.write, tokens.live]) {
      const problem = await readProblem(await batch.call("", {}, token));
      expect(problem).toMatchObject({ status: 401, code: "token_revoked" });
    }
    expect(await statusWith(batch, tokens.read)).toBe(401);
    pass(300);
    const { write } = await renew(batch);
    expect(await statusWith(batch, write)).toBe(200);
  });

  test("ends no token of an unfinished batch", async () => {
    const batch = await TestBatch.create([1]);
    const { links, tokens } = batch.created;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 100 * DAY_MS });
    const headers = { Authorization: `Bearer ${tokens.write}` };
    expect((await callWith({ BATCH_DAYS: "200" }, links.self, { headers })).status).toBe(200);
  });
});
