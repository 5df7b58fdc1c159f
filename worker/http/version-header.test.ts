import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { version } from "../../package.json";
import { call, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer } from "../testing/grants.ts";
import { FILES, requestFor, ROUTE_CASES, tokenFor } from "../testing/route-cases.ts";

afterEach(() => void vi.restoreAllMocks());

const ORIGIN = { Origin: "https://app.test" };

/** Headers that a client needs on every response: whose it is, and the server's time. */
const NEEDED = ["Tallyman-Version", "Date"];

/** Returns the status, the version, and true if pages of other origins may read what they need. */
async function summary(response: Response) {
  const { webSocket, status, headers } = response;
  webSocket?.accept();
  webSocket?.close();
  await response.body?.cancel();
  const exposed = headers.get("Access-Control-Expose-Headers")?.split(",") ?? [];
  const isAllowed = headers.has("Access-Control-Allow-Origin");
  const isReadable = NEEDED.every((name) => headers.has(name) && exposed.includes(name));
  return [status, headers.get("Tallyman-Version"), isAllowed && isReadable];
}

async function newBatch(): Promise<TestBatch> {
  const batch = await TestBatch.create(FILES, { sealed: false });
  await batch.put(0, "x");
  return batch;
}

describe.each(ROUTE_CASES)("$route", (routeCase) => {
  const isApi = routeCase.route.includes(" /v1/");

  test("has the version when it succeeds", async () => {
    const batch = await newBatch();
    const { path, init } = requestFor(routeCase, batch.id);
    const token = bearer(await tokenFor(routeCase, batch.created.tokens));
    const headers = { ...Object.fromEntries(new Headers(init.headers)), ...token, ...ORIGIN };
    const response = await call(path, { ...init, headers });
    expect(await summary(response)).toEqual([routeCase.success, version, isApi]);
  });

  test("has the version when its token is refused", async () => {
    const { path, init } = requestFor(routeCase, "0".repeat(32));
    const headers = { ...Object.fromEntries(new Headers(init.headers)), ...ORIGIN };
    const response = await call(path, {
      ...init,
      headers: { ...headers, Authorization: "Basic x" },
    });
    const status = routeCase.access === "anyone" ? routeCase.success : 401;
    expect(await summary(response)).toEqual([status, version, isApi]);
  });

  test("has the version while a setting is missing", async () => {
    const { path, init } = requestFor(routeCase, "0".repeat(32));
    const headers = { ...Object.fromEntries(new Headers(init.headers)), ...ORIGIN };
    vi.spyOn(console, "log").mockReturnValue();
    const response = await callWith({ TALLYMAN_SECRET: "" }, path, { ...init, headers });
    expect(await summary(response)).toEqual([503, version, isApi]);
  });
});

describe("a response has the version", () => {
  test.each([
    ["an unknown path", "/v1/nope", {}, 404],
    ["an unknown method", "/v1/health", { method: "PUT" }, 405],
    ["a preflight request", "/v1/batches", { method: "OPTIONS" }, 204],
    ["HEAD", "/v1/health", { method: "HEAD" }, 200],
    ["a body that is no JSON", "/v1/batches", { method: "POST", body: "{" }, 400],
    ["an unknown query parameter", "/v1/health?x=1", {}, 400],
  ])("to %s", async (_, path, init, status) => {
    const response = await call(path, { ...init, headers: ORIGIN });
    expect(await summary(response)).toEqual([status, version, true]);
  });

  test("outside of the API", async () => {
    expect(await summary(await call("/nowhere", { headers: ORIGIN }))).toEqual([
      404,
      version,
      false,
    ]);
  });

  test.each(["", "/files/0/content"])("if nothing has changed: %s", async (path) => {
    const batch = await newBatch();
    const first = await batch.call(path);
    await first.body?.cancel();
    const headers = { ...ORIGIN, "If-None-Match": first.headers.get("ETag") ?? "" };
    expect(await summary(await batch.call(path, { headers }))).toEqual([304, version, true]);
  });

  test("if it redirects to the origin of the files", async () => {
    const { created } = await newBatch();
    const settings = { CONTENT_ORIGIN: "https://files.test" };
    const init = { headers: ORIGIN, redirect: "manual" } as const;
    const response = await callWith(settings, `${created.links.files}/0/content`, init);
    expect(await summary(response)).toEqual([307, version, true]);
  });

  test("if an unexpected error occurs", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const batch = await newBatch();
    vi.spyOn(env.BATCH, "getByName").mockImplementation(() => {
      throw new TypeError("an internal detail");
    });
    expect(await summary(await batch.call("", { headers: ORIGIN }))).toEqual([500, version, true]);
  });
});
