import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { version } from "../package.json";
import { VARIABLES } from "../durable-objects/settings.ts";
import { app } from "./app.ts";
import { call, ORIGIN, readProblem, TestBatch } from "./testing/batch.ts";
import { callWith } from "./testing/call-with.ts";
import { bearer, grantFor } from "./testing/grants.ts";
import { formBody, formRequest } from "./testing/multipart.ts";

afterEach(() => void vi.restoreAllMocks());

test("GET /v1/health returns ok and the version", async () => {
  const response = await call("/v1/health");
  expect([response.status, await response.json()]).toEqual([200, { ok: true, version }]);
});

describe("without a secret", () => {
  test.each(["/v1/health", "/v1/batches", "/b/0123"])(
    "every request is refused with the command that sets it: %s",
    async (path) => {
      const response = await callWith({ TALLYMAN_SECRET: "" }, path);
      const problem = await readProblem(response);
      expect(problem).toMatchObject({ status: 503, code: "not_configured" });
      expect(problem.detail).toContain("npx wrangler secret put TALLYMAN_SECRET");
    },
  );
});

test.each([" \n", "too-short-to-sign-with", `${"x".repeat(32)} and-a-short-one`])(
  "a secret that is too short is refused: %j",
  async (secret) => {
    const problem = await readProblem(await callWith({ TALLYMAN_SECRET: secret }, "/v1/health"));
    expect(problem).toMatchObject({ status: 503, code: "not_configured" });
    expect(problem.detail).toContain("32 characters");
  },
);

test.each([
  ["BATCH_DAYS", "0"],
  ["BATCH_DAYS", "Infinity"],
  ["BATCH_DAYS", ""],
  ["BATCH_FILES", "10,000"],
  ["QUOTA_OPEN_BATCHES", "-1"],
  ["WATCHERS_PER_BATCH", ""],
])("every request is refused for the invalid variable %s = %j", async (name, value) => {
  const problem = await readProblem(await callWith({ [name]: value }, "/v1/health"));
  expect(problem).toMatchObject({ status: 503, code: "not_configured" });
  expect(problem.detail).toContain(name);
});

test.each([
  ["BUCKET", "every request", ["/v1/health", "/v1/batches", "/b/0123"]],
  ["BATCH", "every request", ["/v1/health", "/v1/batches", "/b/0123"]],
  ["OWNER", "every request", ["/v1/health", "/v1/batches", "/b/0123"]],
  ["ASSETS", "a page", ["/b/0123"]],
] as const)("without the binding %s, %s is refused", async (name, _, paths) => {
  const { [name]: _missing, ...bindings } = env;
  for (const path of paths) {
    const init = { headers: { Origin: "https://site.test" } };
    const context = createExecutionContext();
    const response = await app.fetch(new Request(new URL(path, ORIGIN), init), bindings, context);
    const problem = await readProblem(response);
    expect(problem).toMatchObject({ status: 503, code: "not_configured" });
    expect(problem.detail).toContain(name);
  }
});

/** Values that an operator may set by mistake: of other types, empty, or mistyped. */
const MISTAKES = [undefined, null, "", " ", "x", "-1", 0, -1, true, [], {}, "https://site.test/"];

test.each(Object.keys(VARIABLES))("no value of %s is an internal error", async (name) => {
  for (const value of MISTAKES) {
    const bindings = { ...env, [name]: value };
    for (const [path, init] of [
      ["/v1/health", {}],
      ["/v1/batches", { method: "POST", body: "{}" }],
      ["/v1/batches/0123/live", { headers: { Upgrade: "websocket", Origin: "https://a.test" } }],
    ] as const) {
      const request = new Request(new URL(path, ORIGIN), init);
      const response = await app.fetch(request, bindings, createExecutionContext());
      await response.body?.cancel();
      expect(response.status).not.toBe(500);
    }
  }
});

test("days may be fractions, and limits may be missing", async () => {
  const settings = { BATCH_DAYS: "0.5", FILE_BYTES: undefined };
  expect((await callWith(settings, "/v1/health")).status).toBe(200);
});

describe("with ACCESS = grant", () => {
  const create = (headers: Record<string, string> = {}) =>
    callWith({ ACCESS: "grant" }, "/v1/batches", { method: "POST", body: "{}", headers });

  test("a batch cannot be created without a grant", async () => {
    const problem = await readProblem(await create());
    expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("a batch can be created with a grant, and no owner token is returned", async () => {
    const response = await create(bearer(await grantFor()));
    expect(response.status).toBe(201);
    expect(await response.json()).not.toHaveProperty("tokens.owner");
  });

  test("an owner from when access was open lists their batches, and creates none", async () => {
    const { created } = await TestBatch.create([1]);
    const headers = bearer(created.tokens.owner ?? "");
    const list = await callWith({ ACCESS: "grant" }, "/v1/batches", { headers });
    expect(await list.json()).toMatchObject({ batches: [{ id: created.id }] });
    expect(await readProblem(await create(headers))).toMatchObject({ status: 401 });
    const form = formRequest(formBody([{ name: "a", filename: "a", bytes: "x" }]));
    const upload = { ...form, headers: { ...form.headers, ...headers } };
    const refused = await callWith({ ACCESS: "grant" }, "/v1/upload", upload);
    expect(await readProblem(refused)).toMatchObject({ status: 401 });
  });
});

describe("an unknown path, opened by a person", () => {
  const NAVIGATION = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

  test.each(["/nowhere", "/b", "/b/", "/b/0123/else", "/embed/none.js", "/assets/none.js"])(
    "is a page: %s",
    async (path) => {
      const { status, headers, ...response } = await page(path);
      expect([status, headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"]);
      expect(headers).toMatchObject({ "cache-control": "no-store" });
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(response.text).toContain("<h1");
    },
  );

  async function page(path: string, headers: Record<string, string> = {}) {
    const response = await call(path, { headers: { ...NAVIGATION, ...headers } });
    const { status } = response;
    return { status, headers: Object.fromEntries(response.headers), text: await response.text() };
  }

  test.each(["/v1/nope", "/v1", "/v1/batches/0123/else"])("is a problem: %s", async (path) => {
    const response = await call(path, { headers: NAVIGATION });
    expect(await readProblem(response)).toMatchObject({ status: 404, code: "not_found" });
  });

  test.each(["script", "style", "image", "worker", "empty"])(
    "is a problem for a %s that is missing after a deployment",
    async (destination) => {
      const headers = { ...NAVIGATION, "Sec-Fetch-Dest": destination };
      const response = await call("/assets/none.js", { headers });
      expect(await readProblem(response)).toMatchObject({ status: 404, code: "not_found" });
    },
  );

  test("is the page of a batch, which says what is wrong, for any id", async () => {
    expect(await page("/b/0123")).toMatchObject({ status: 200 });
  });
});

describe("an unknown path or method", () => {
  test.each(["/v1/nope", "/v1", "/nowhere", "/v1/batches/0123/else"])(
    "is refused with not_found: %s",
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
    const response = await call(path, { method });
    expect(response.headers.get("Allow")).toBe(allowed);
    expect(await readProblem(response)).toMatchObject({ status: 405, code: "method_not_allowed" });
  });

  test("HEAD is refused for a path without GET", async () => {
    const response = await call("/v1/batches/0123/bundle", { method: "HEAD" });
    expect([response.status, response.headers.get("Allow")]).toEqual([405, "POST"]);
  });
});

test("an unexpected error is logged, and the client gets only the request id", async () => {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const batch = await TestBatch.create([1]);
  vi.spyOn(env.BATCH, "getByName").mockImplementation(() => {
    throw new TypeError("an internal detail");
  });
  const response = await batch.call();
  const text = await response.clone().text();
  const problem = await readProblem(response);
  expect(problem).toMatchObject({ status: 500, code: "internal_error" });
  expect(text).not.toMatch(/internal detail|\.ts|at /u);
  expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(String(problem.requestId)));
  expect(log.mock.calls.join()).toContain("an internal detail");
});
