import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { ROUTE_CASES, FILES, requestFor } from "../testing/route-cases.ts";
import { bearer, grantWith } from "../testing/grants.ts";

/** The value of every header and parameter of the client. */
const MARK = "sent-by-the-client";
const HOSTILE = {
  Cookie: `session=${MARK}`,
  "X-Forwarded-For": MARK,
  "X-Marked": MARK,
  // Headers that itty-durable and PartyServer obey.
  "do-content": MARK,
  "x-partykit-room": MARK,
  Upgrade: "websocket",
};

/** Wraps a namespace and records the requests that its objects receive by `fetch`. */
function record<N extends object>(namespace: N, reached: Request[]): N {
  const note = (stub: object) =>
    new Proxy(stub, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...values: unknown[]): unknown => {
          const request: unknown = name === "fetch" && Reflect.construct(Request, values);
          if (request instanceof Request) reached.push(request);
          return Reflect.apply(value, target, values);
        };
      },
    });
  return new Proxy(namespace, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...values: unknown[]): unknown => {
        const response: unknown = Reflect.apply(value, target, values);
        const isStub = name === "get" || name === "getByName";
        return isStub && typeof response === "object" && response ? note(response) : response;
      };
    },
  });
}

/** Sends a request with hostile headers and parameters. Returns the requests that objects received. */
async function send(path: string, init: RequestInit, token: string): Promise<Request[]> {
  const reached: Request[] = [];
  const settings = { BATCH: record(env.BATCH, reached), OWNER: record(env.OWNER, reached) };
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries({ ...HOSTILE, ...bearer(token) }))
    headers.set(name, value);
  const address = `${path}?marked=${MARK}&since=0`;
  const response = await callWith(settings, address, { ...init, headers });
  response.webSocket?.accept();
  response.webSocket?.close();
  await response.body?.cancel();
  return reached;
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
    const reached = await send(path, init, needsGrant ? grant : batch.created.tokens.write);
    const sent = reached.map(({ url, headers }) => [url, [...headers]]);
    expect(JSON.stringify(sent)).not.toContain(MARK);
    expect(JSON.stringify(sent)).not.toContain(batch.created.tokens.write);
    expect(JSON.stringify(sent)).not.toContain(grant);
    // RPC calls are not requests.
    const usesFetch =
      needsGrant || routeCase.route.endsWith("/live") || routeCase.route.endsWith("/events");
    expect(reached.length > 0).toBe(usesFetch || NOTIFYING_ROUTES.has(routeCase.route));
  });

  test("a watcher's upgrade is a new request", async () => {
    const batch = await TestBatch.create([1]);
    const path = batch.created.links.live;
    const [only, ...others] = await send(path, {}, batch.created.tokens.read);
    expect(others).toEqual([]);
    expect(only?.method).toBe("GET");
    expect(only?.url).toBe("https://batch/live?since=0");
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
