import { env } from "cloudflare:workers";
import { decode } from "hono/jwt";
import { afterEach, describe, expect, test, vi } from "vitest";
import { version } from "../package.json";
import type { CreatedBatch } from "../protocol/index.ts";
import { call, readProblem, TestBatch } from "./testing/batch.ts";
import { callWith } from "./testing/call-with.ts";
import { bearer } from "./testing/grants.ts";
import { utf8 } from "./testing/multipart.ts";

afterEach(() => void vi.restoreAllMocks());

test("GET /v1/health says that all is well, and which version this is", async () => {
  const answer = await call("/v1/health");
  expect([answer.status, await answer.json()]).toEqual([200, { ok: true, version }]);
});

describe("without a secret", () => {
  test.each(["/v1/health", "/v1/batches", "/b/0123"])(
    "nothing is served, and the answer says which command sets it: %s",
    async (path) => {
      const answer = await callWith({ TALLYMAN_SECRET: "" }, path);
      const problem = await readProblem(answer);
      expect(problem).toMatchObject({ status: 503, code: "not_configured" });
      expect(problem.detail).toContain("npx wrangler secret put TALLYMAN_SECRET");
    },
  );
});

test.each([" \n", "too-short-to-sign-with", `${"x".repeat(32)} and-a-short-one`])(
  "a secret that could be guessed is none: %j",
  async (secret) => {
    const problem = await readProblem(await callWith({ TALLYMAN_SECRET: secret }, "/v1/health"));
    expect(problem).toMatchObject({ status: 503, code: "not_configured" });
    expect(problem.detail).toContain("32 characters");
  },
);

test.each([
  ["BATCH_DAYS", "0"],
  ["BATCH_DAYS", "Infinity"],
  ["RECORD_DAYS", ""],
  ["BATCH_FILES", "10,000"],
  ["QUOTA_OPEN_BATCHES", "-1"],
  ["WATCHERS_PER_BATCH", ""],
])("nothing is served with a variable that is wrong: %s = %j", async (name, value) => {
  const problem = await readProblem(await callWith({ [name]: value }, "/v1/health"));
  expect(problem).toMatchObject({ status: 503, code: "not_configured" });
  expect(problem.detail).toContain(name);
});

test("days may be parts of one, and limits be left out", async () => {
  const settings = { BATCH_DAYS: "0.5", RECORD_DAYS: "1e3", FILE_BYTES: undefined };
  expect((await callWith(settings, "/v1/health")).status).toBe(200);
});

test.each([
  ["0.5", "1", 37],
  ["60", "30", 90],
])("a batch of %s and %s days has tokens for %d", async (BATCH_DAYS, RECORD_DAYS, days) => {
  const init = { method: "POST", body: "{}" };
  const answer = await callWith({ BATCH_DAYS, RECORD_DAYS }, "/v1/batches", init);
  const { tokens } = await answer.json<CreatedBatch>();
  for (const token of [tokens.write, tokens.read]) {
    const { exp = 0 } = decode(token).payload;
    expect((exp - Date.now() / 1000) / (24 * 60 * 60)).toBeCloseTo(days, 2);
  }
});

describe("with two secrets", () => {
  const [OLD, NEW] = [
    "old-and-of-so-many-characters-as-are-wanted",
    "new-and-of-so-many-characters-as-are-wanted",
  ];
  const create = (secret: string, token?: string) =>
    callWith({ TALLYMAN_SECRET: secret }, "/v1/batches", {
      method: "POST",
      body: "{}",
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    });

  test("the first signs and both are believed, so that one can replace the other", async () => {
    const { tokens } = await (await create(OLD)).json<{ tokens: { owner: string } }>();
    expect((await create(`${NEW} ${OLD}`, tokens.owner)).status).toBe(201);
    expect((await create(` ${OLD}\n${NEW}`, tokens.owner)).status).toBe(201);
    expect(await readProblem(await create(NEW, tokens.owner))).toMatchObject({ status: 401 });
    const replaced = await (await create(`${NEW} ${OLD}`)).json<{ tokens: { owner: string } }>();
    expect((await create(NEW, replaced.tokens.owner)).status).toBe(201);
  });
});

test.each(["PRIVATE", "PUBLIC", "-----BEGIN PUBLIC KEY-----", "ключ 鍵"])(
  "a secret is its bytes, though %j is in it",
  async (word) => {
    const secret = `${word.replaceAll(" ", "-")}-${"x".repeat(32)}`;
    const settings = { TALLYMAN_SECRET: secret };
    const created = await callWith(settings, "/v1/batches", { method: "POST", body: "{}" });
    const { links, tokens } = await created.json<CreatedBatch>();
    expect((await callWith(settings, links.self, { headers: bearer(tokens.read) })).status).toBe(
      200,
    );

    const key = await crypto.subtle.importKey(
      "raw",
      utf8(secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["verify"],
    );
    const [head, claims, signature = ""] = tokens.read.split(".");
    const signed = Uint8Array.fromBase64(signature, { alphabet: "base64url" });
    expect(await crypto.subtle.verify("HMAC", key, signed, utf8(`${head}.${claims}`))).toBe(true);
  },
);

describe("where a grant is needed", () => {
  const create = (headers: Record<string, string> = {}) =>
    callWith({ ACCESS: "grant" }, "/v1/batches", { method: "POST", body: "{}", headers });

  test("nobody creates a batch without one", async () => {
    const problem = await readProblem(await create());
    expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("whoever has one does, and gets no other", async () => {
    const { created } = await TestBatch.create();
    const answer = await create({ Authorization: `Bearer ${created.tokens.owner}` });
    expect(answer.status).toBe(201);
    expect(await answer.json()).not.toHaveProperty("tokens.owner");
  });
});

describe("what is not there", () => {
  test.each(["/v1/nope", "/v1", "/nowhere", "/v1/batches/0123/else"])(
    "is a problem: %s",
    async (path) => {
      const problem = await readProblem(await call(path));
      expect(problem).toEqual({
        type: "about:blank",
        title: expect.any(String),
        status: 404,
        code: "not_found",
        detail: expect.any(String),
        requestId: expect.any(String),
      });
    },
  );

  test.each([
    ["POST", "/v1/health", "GET, HEAD"],
    ["PUT", "/v1/batches", "POST, GET, HEAD"],
    ["DELETE", "/v1/batches/0123/live", "GET, HEAD"],
    ["POST", "/v1/batches/0123/files/0/content", "GET, HEAD"],
    ["POST", "/b/0123", "GET, HEAD"],
  ])("%s %s is refused with Allow: %s", async (method, path, allowed) => {
    const answer = await call(path, { method });
    expect(answer.headers.get("Allow")).toBe(allowed);
    expect(await readProblem(answer)).toMatchObject({ status: 405, code: "method_not_allowed" });
  });

  test("HEAD is refused on a path without GET", async () => {
    const answer = await call("/v1/batches/0123/bundle", { method: "HEAD" });
    expect([answer.status, answer.headers.get("Allow")]).toEqual([405, "POST"]);
  });
});

test("an error that nobody foresaw is told to the log, and to the client only by its number", async () => {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const batch = await TestBatch.create([1]);
  vi.spyOn(env.BATCH, "getByName").mockImplementation(() => {
    throw new TypeError("what nobody may see");
  });
  const answer = await batch.call();
  const text = await answer.clone().text();
  const problem = await readProblem(answer);
  expect(problem).toMatchObject({ status: 500, code: "internal_error" });
  expect(text).not.toMatch(/nobody|\.ts|at /u);
  expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(String(problem.requestId)));
  expect(log.mock.calls.join()).toContain("what nobody may see");
});
