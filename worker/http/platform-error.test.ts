import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { Batch } from "../../durable-objects/index.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { breakObjects } from "../testing/broken-objects.ts";
import { bearer } from "../testing/grants.ts";
import { FILES, requestFor, ROUTE_CASES, tokenFor } from "../testing/route-cases.ts";

let warn: MockInstance;
let error: MockInstance;

beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockReturnValue();
  error = vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => void vi.restoreAllMocks());

/** Returns the warning in the log for a response that is 503 `busy`, with a wait of 1 to 10 s. */
async function warningOf(response: Response): Promise<unknown> {
  const wait = Number(response.headers.get("Retry-After"));
  expect([wait >= 1, wait <= 10, Number.isInteger(wait)]).toEqual([true, true, true]);
  const { status, code, requestId } = await readProblem(response);
  expect([status, code]).toEqual([503, "busy"]);
  expect(error).not.toHaveBeenCalled();
  const line: unknown = JSON.parse(String(warn.mock.lastCall?.[0]));
  expect(line).toMatchObject({ requestId, error: expect.any(String) });
  return line;
}

async function newBatch(): Promise<TestBatch> {
  const batch = await TestBatch.create(FILES, { sealed: false });
  await batch.put(0, "x");
  return batch;
}

describe("a call during which the platform ends the object", () => {
  /** Methods that may return a promise here. */
  const METHODS: { status: () => unknown; fetch: (request: Request) => unknown } = Batch.prototype;

  /** Ends the object while it works on a request. */
  async function interrupt(
    batch: TestBatch,
    method: "status" | "fetch",
    reason: string,
    path = "",
  ): Promise<Response> {
    const stub = env.BATCH.getByName(batch.id);
    const called = vi.spyOn(METHODS, method).mockReturnValue(new Promise(() => undefined));
    const response = batch.call(path, { headers: { Upgrade: "websocket" } });
    // A promise that the object resolved could not be awaited here: it belongs to another request.
    await expect.poll(() => called.mock.calls.length).toBeGreaterThan(0);
    await runInDurableObject(stub, (_, ctx) => ctx.abort(reason)).catch(() => undefined);
    return response;
  }

  test.each([
    ["Durable Object reset because its code was updated.", "codeUpdated"],
    ["Durable Object's isolate exceeded its memory limit and was reset.", "memoryLimit"],
    ["an unknown reason", "durableObjectReset"],
  ])("is busy, and the next one reaches a new object: %s", async (reason, name) => {
    const batch = await newBatch();
    expect(await warningOf(await interrupt(batch, "status", reason))).toMatchObject({
      warning: name,
    });
    vi.restoreAllMocks();
    expect(await batch.status()).toMatchObject({ totals: { completed: 1 } });
  });

  test.each(["/live", "/events", "?since=99&wait=1"])("is busy for a watcher: %s", async (path) => {
    const reason = "Durable Object reset because its code was updated.";
    expect(await warningOf(await interrupt(await newBatch(), "fetch", reason, path))).toMatchObject(
      { warning: "codeUpdated" },
    );
  });
});

/** Errors as the platform's documentation lists them, with their properties where it has some. */
const ERRORS: readonly [string, string, object][] = [
  ["overloaded", "Durable Object is overloaded. Too many requests queued.", { overloaded: true }],
  ["overloaded", "Durable Object is overloaded. Requests queued for too long.", {}],
  [
    "tooMuchLoad",
    "Your account is generating too much load on Durable Objects. Please back off and try again later.",
    {},
  ],
  [
    "inactive",
    "Connection closed: this Durable Object instance is no longer active. Reconnect or retry the request.",
    { retryable: true },
  ],
  ["codeUpdated", "Durable Object reset because its code was updated.", {}],
  ["connectionLost", "Network connection lost.", { retryable: true }],
  [
    "storageTimeout",
    "Durable Object storage operation exceeded timeout which caused object to be reset.",
    { durableObjectReset: true },
  ],
  [
    "tooManyStorageOperations",
    "Your account is doing too many concurrent storage operations. Please back off and try again later.",
    {},
  ],
  ["unresolved", "Cannot resolve Durable Object due to transient issue on remote node.", {}],
  ["internal", "internal error; reference = 0123456789abcdef", {}],
  ["retryable", "A message of the future.", { retryable: true }],
  ["overloaded", "Another message of the future.", { overloaded: true }],
];

test.each(ERRORS)("the platform's error %s is busy: %s", async (name, message, properties) => {
  const batch = await newBatch();
  breakObjects(Object.assign(new Error(message), properties));
  expect(await warningOf(await batch.call())).toMatchObject({ warning: name });
});

describe("each route that calls an object", () => {
  // Routes without a rate limit call none.
  const routes = ROUTE_CASES.filter(({ rate }) => rate !== null);
  test.each(routes)("is busy while it is overloaded: $route", async (routeCase) => {
    const batch = await newBatch();
    const { path, init } = requestFor(routeCase, batch.id);
    const token = bearer(await tokenFor(routeCase, batch.created.tokens));
    const headers = { ...Object.fromEntries(new Headers(init.headers)), ...token };
    const overload = new Error("Durable Object is overloaded. Too much data queued.");
    breakObjects(Object.assign(overload, { overloaded: true }));
    const response = await call(path, { ...init, headers });
    const wait = Number(response.headers.get("Retry-After"));
    expect([wait >= 1, wait <= 10]).toEqual([true, true]);
    expect(await readProblem(response)).toMatchObject({ status: 503, code: "busy" });
    expect(warn).toHaveBeenCalled();
    expect(error).not.toHaveBeenCalled();
  });
});

describe("a call to R2 without a response", () => {
  test("is busy", async () => {
    const batch = await newBatch();
    const lost = Object.assign(new Error("Network connection lost."), { retryable: true });
    vi.spyOn(env.BUCKET, "get").mockRejectedValue(lost);
    expect(await warningOf(await batch.call("/files/0/content"))).toMatchObject({
      warning: "connectionLost",
    });
  });

  test("leaves a file queued that could not be stored", async () => {
    skipWaits();
    const batch = await newBatch();
    const lost = Object.assign(new Error("Network connection lost."), { retryable: true });
    vi.spyOn(env.BUCKET, "put").mockRejectedValue(lost);
    expect(await warningOf(await batch.put(1, "x"))).toMatchObject({ warning: "connectionLost" });
    expect(await batch.file(1)).toMatchObject({ state: "queued" });
  });
});

test("an error of the code itself is no warning", async () => {
  const batch = await newBatch();
  breakObjects(new TypeError("Cannot read properties of undefined"));
  expect(await readProblem(await batch.call())).toMatchObject({ code: "internal_error" });
  expect(warn).not.toHaveBeenCalled();
  expect(error).toHaveBeenCalledOnce();
});
