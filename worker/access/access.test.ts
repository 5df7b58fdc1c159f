import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import { describe, expect, test } from "vitest";
import { call, problemOf, TestBatch } from "../testing/batch.ts";
import { formBody, formRequest } from "../testing/multipart.ts";
import { tokensOf } from "./guard.ts";

const now = () => Math.floor(Date.now() / 1000);
const claimsOf = (batch: TestBatch) => ({ batch: batch.id, scope: "write", exp: now() + 60 });

function encode(part: object): string {
  return btoa(JSON.stringify(part)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
}

/** Every request that a token opens, by what it needs. */
const READING = ["", "/files", "/files/0", "/files/0/content", "/live", "/events"];
const WRITING: [string, RequestInit][] = [
  ["", { method: "PATCH", body: '{"sealed":true}' }],
  ["/files", { method: "POST", body: '{"files":[]}' }],
  ["/bundle", formRequest(formBody([{ name: 0, bytes: "x" }]))],
  ["/files/0", { method: "PUT", body: "x" }],
  ["/files/0/parts/1", { method: "PUT", body: "x" }],
  ["/files/0", { method: "DELETE" }],
  ["/pause", { method: "POST" }],
  ["/resume", { method: "POST" }],
  ["/cancel", { method: "POST" }],
  ["/retry", { method: "POST" }],
  ["", { method: "DELETE" }],
];

function callAs(batch: TestBatch, token: string | null, path: string, init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  return call(`${batch.created.links.self}${path}`, { ...init, headers });
}

/** Tokens that open nothing, each made of a batch's own. */
const WORTHLESS: [string, (batch: TestBatch) => string | Promise<string>][] = [
  ["no token at all", () => "hello"],
  ["an empty signature", ({ created }) => created.tokens.write.replace(/\.[^.]*$/u, ".")],
  ["another signature", ({ created }) => created.tokens.write.replace(/.{8}$/u, "AAAAAAAA")],
  [
    "other claims under the old signature",
    (batch) => {
      const [head, , signature] = batch.created.tokens.read.split(".");
      return [head, encode(claimsOf(batch)), signature].join(".");
    },
  ],
  [
    "no signature, as its header says",
    (batch) => `${encode({ alg: "none", typ: "JWT" })}.${encode(claimsOf(batch))}.`,
  ],
  ["another secret", (batch) => sign(claimsOf(batch), "another secret", "HS256")],
  ["another algorithm", (batch) => sign(claimsOf(batch), env.TALLYMAN_SECRET, "HS512")],
  ["an end that has come", (batch) => tokensOf(env).forBatch(batch.id, "write", now() - 1)],
  ["no end", ({ id }) => sign({ batch: id, scope: "write" }, env.TALLYMAN_SECRET, "HS256")],
  [
    "a scope that there is none of",
    (batch) => sign({ ...claimsOf(batch), scope: "all" }, env.TALLYMAN_SECRET, "HS256"),
  ],
  ["an owner and no batch", ({ created }) => created.tokens.owner ?? ""],
];

describe("without a token", () => {
  test.each(READING)("nothing is read: %s", async (path) => {
    const batch = await TestBatch.create([1]);
    const answer = await callAs(batch, null, path, { headers: { Upgrade: "websocket" } });
    expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test.each(WRITING)("nothing is changed: %s %o", async (path, init) => {
    const batch = await TestBatch.create([1]);
    const answer = await callAs(batch, null, path, init);
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: "unauthorized" });
    expect(await batch.status()).toMatchObject({ rev: 1 });
  });
});

describe("a read token", () => {
  test.each(READING.slice(0, 3))("reads: %s", async (path) => {
    const batch = await TestBatch.create([1]);
    const answer = await callAs(batch, batch.created.tokens.read, path);
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  test.each(WRITING)("changes nothing: %s %o", async (path, init) => {
    const batch = await TestBatch.create([1]);
    const answer = await callAs(batch, batch.created.tokens.read, path, init);
    expect(await problemOf(answer)).toMatchObject({ status: 403, code: "forbidden" });
    expect(await batch.status()).toMatchObject({ rev: 1 });
  });
});

describe("another batch's token", () => {
  test.each(READING)("reads nothing: %s", async (path) => {
    const [batch, other] = [await TestBatch.create([1]), await TestBatch.create([1])];
    const headers = { Upgrade: "websocket" };
    const answer = await callAs(batch, other.created.tokens.write, path, { headers });
    expect(await problemOf(answer)).toMatchObject({ status: 403, code: "forbidden" });
  });

  test("changes nothing", async () => {
    const [batch, other] = [await TestBatch.create([1]), await TestBatch.create([1])];
    for (const [path, init] of WRITING) {
      const answer = await callAs(batch, other.created.tokens.write, path, init);
      expect(await problemOf(answer)).toMatchObject({ status: 403, code: "forbidden" });
    }
    expect(await batch.status()).toMatchObject({ rev: 1 });
  });
});

describe("a token with", () => {
  test.each(WORTHLESS)("%s opens nothing", async (_, tokenOf) => {
    const batch = await TestBatch.create([1]);
    const token = await tokenOf(batch);
    for (const path of ["", "/bundle"]) {
      const init = path === "" ? {} : formRequest(formBody([{ name: 0, bytes: "x" }]));
      const answer = await callAs(batch, token, path, init);
      expect(await problemOf(answer)).toMatchObject({ status: 401, code: "unauthorized" });
    }
    expect(await batch.status()).toMatchObject({ rev: 1 });
  });

  test.each(WORTHLESS.slice(0, -1))("%s is no grant", async (_, tokenOf) => {
    const token = await tokenOf(await TestBatch.create([1]));
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await call("/v1/batches", { method: "POST", body: "{}", headers });
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("a batch is no grant", async () => {
    const { created } = await TestBatch.create();
    const headers = { Authorization: `Bearer ${created.tokens.write}` };
    const answer = await call("/v1/batches", { method: "POST", body: "{}", headers });
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: "unauthorized" });
  });
});

describe("a token in the address", () => {
  test("opens what is read, where a header cannot be set", async () => {
    const { created } = await TestBatch.create([1]);
    const answer = await call(`${created.links.self}?token=${created.tokens.read}`);
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  test("opens nothing that is changed", async () => {
    const { created } = await TestBatch.create([1]);
    const path = `${created.links.self}?token=${created.tokens.write}`;
    const answer = await call(path, { method: "PATCH", body: '{"sealed":true}' });
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: "unauthorized" });
  });
});

test.each(["0123", "x".repeat(32), "../health", "0".repeat(33)])(
  "%j is no batch's id, whatever the token",
  async (id) => {
    const { created } = await TestBatch.create([1]);
    const headers = { Authorization: `Bearer ${created.tokens.write}` };
    const answer = await call(`/v1/batches/${encodeURIComponent(id)}`, { headers });
    expect(await problemOf(answer)).toMatchObject({ status: 404, code: "batch_not_found" });
  },
);
