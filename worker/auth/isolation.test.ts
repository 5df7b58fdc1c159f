import { beforeAll, describe, expect, test } from "vitest";
import { TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { ROUTE_CASES, FILES, requestFor } from "../testing/route-cases.ts";
import { bearer, grantWith, operatorToken } from "../testing/grants.ts";
import { observeBindings } from "../testing/observed-bindings.ts";

/** The value of every header of the client. */
const MARK = "sent-by-the-client";
const HOSTILE = {
  "CF-Connecting-IP": "192.0.2.7",
  Cookie: `session=${MARK}`,
  "X-Forwarded-For": MARK,
  "X-Marked": MARK,
  // Headers that itty-durable and PartyServer obey.
  "do-content": MARK,
  "x-partykit-room": MARK,
  Upgrade: "websocket",
};

/** Sends a request with hostile headers. Returns the requests that objects received. */
async function send(path: string, init: RequestInit, token: string): Promise<Request[]> {
  const { bindings, calls } = observeBindings();
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries({ ...HOSTILE, ...bearer(token) }))
    headers.set(name, value);
  // Other parameters are refused.
  const address = /\/(?:live|events)$/u.test(path) ? `${path}?since=0` : path;
  const response = await callWith(bindings, address, { ...init, headers });
  response.webSocket?.accept();
  response.webSocket?.close();
  await response.body?.cancel();
  const fetches = calls.filter(({ binding, method }) => binding !== "BUCKET" && method === "fetch");
  return fetches.map(({ args }) => toRequest(args));
}

function toRequest(args: readonly unknown[]): Request {
  const request: unknown = Reflect.construct(Request, args);
  if (request instanceof Request) return request;
  throw new TypeError("fetch() was called without a request.");
}

/** Routes that notify the batch's owner. */
const NOTIFYING_ROUTES = new Set(["POST /v1/batches/:batch/files", "DELETE /v1/batches/:batch"]);

describe("no part of a client's request reaches an object", () => {
  let grant: string;

  beforeAll(async () => {
    grant = await grantWith({});
  });

  test.each(ROUTE_CASES)("$route", async (routeCase) => {
    const batch = await TestBatch.create(FILES, { sealed: false, grant });
    const { path, init } = requestFor(routeCase, batch.id);
    const needsGrant = routeCase.access === "owner" || routeCase.access === "creator";
    const takesGrant = needsGrant || routeCase.access === "visitor";
    const isOperator = routeCase.access === "operator";
    const others = isOperator ? await operatorToken() : batch.created.tokens.write;
    const token = takesGrant ? grant : others;
    const reached = await send(path, init, token);
    const sent = reached.map(({ url, headers }) => [url, [...headers]]);
    expect(JSON.stringify(sent)).not.toContain(MARK);
    expect(JSON.stringify(sent)).not.toContain(token);
    // RPC calls are not requests.
    const usesFetch =
      needsGrant ||
      isOperator ||
      routeCase.route.endsWith("/live") ||
      routeCase.route.endsWith("/events");
    expect(reached.length > 0).toBe(usesFetch || NOTIFYING_ROUTES.has(routeCase.route));
  });

  test("a watcher's upgrade is a new request", async () => {
    const batch = await TestBatch.create([1]);
    const path = batch.created.links.live;
    const [only, ...others] = await send(path, {}, batch.created.tokens.read);
    expect(others).toEqual([]);
    expect(only?.method).toBe("GET");
    const { origin, pathname, searchParams } = new URL(only?.url ?? "");
    expect([origin, pathname]).toEqual(["https://batch", "/live"]);
    const issuedAt: unknown = expect.any(Number);
    const access = { scope: "read", generation: 0, issuedAt };
    expect(searchParams.get("since")).toBe("0");
    expect(JSON.parse(searchParams.get("access") ?? "")).toEqual(access);
    expect(searchParams.get("address")).toBe("192.0.2.7");
    expect([...searchParams.keys()]).toEqual(["since", "address", "access"]);
    expect([...(only?.headers ?? [])]).toEqual([["upgrade", "websocket"]]);
  });
});

describe("no path of the Worker calls a method of an object", () => {
  test.each([
    "/do/call/destroy",
    "/do/owner/do/call/destroy",
    "/v1/do/call/recent",
    "/v1/batches/{id}/do/call/destroy",
    "/v1/batches/{id}/destroy",
    "/v1/batches/{id}/live/do/call/destroy",
    "/v1/batches/{id}%2Fdo%2Fcall%2Fdestroy",
  ])("%s", async (pattern) => {
    const batch = await TestBatch.create([1]);
    const path = pattern.replace("{id}", batch.id);
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      expect(await send(path, { method }, batch.created.tokens.write)).toEqual([]);
    }
    expect((await batch.call()).status).toBe(200);
  });
});
