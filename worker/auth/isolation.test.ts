import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { ROUTE_CASES, FILES, requestFor } from "../testing/route-cases.ts";
import { bearer, grantWith } from "../testing/grants.ts";

/** In every header and parameter that only the client can have sent. */
const MARK = "only-the-client-says-this";
const HOSTILE = {
  Cookie: `session=${MARK}`,
  "X-Forwarded-For": MARK,
  "X-Marked": MARK,
  // What itty-durable and PartyServer take orders from.
  "do-content": MARK,
  "x-partykit-room": MARK,
  Upgrade: "websocket",
};

/** A namespace whose objects are the real ones, and which notes what they are sent by `fetch`. */
function watched<N extends object>(namespace: N, reached: Request[]): N {
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
        const answer: unknown = Reflect.apply(value, target, values);
        const isStub = name === "get" || name === "getByName";
        return isStub && typeof answer === "object" && answer ? note(answer) : answer;
      };
    },
  });
}

/** A request with hostile headers and parameters, and whatever it made the Worker send to objects. */
async function reach(path: string, init: RequestInit, token: string): Promise<Request[]> {
  const reached: Request[] = [];
  const settings = { BATCH: watched(env.BATCH, reached), OWNER: watched(env.OWNER, reached) };
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries({ ...HOSTILE, ...bearer(token) }))
    headers.set(name, value);
  const address = `${path}?marked=${MARK}&since=0`;
  const answer = await callWith(settings, address, { ...init, headers });
  answer.webSocket?.accept();
  answer.webSocket?.close();
  await answer.body?.cancel();
  return reached;
}

/** Of which the batch's owner is told at once. */
const BY_WRITERS = new Set(["POST /v1/batches/:batch/files", "DELETE /v1/batches/:batch"]);

describe("nothing of a client's request reaches an object", () => {
  let grant: string;

  beforeAll(async () => {
    grant = await grantWith({});
  });

  test.each(ROUTE_CASES)("$route", async (door) => {
    const batch = await TestBatch.create(FILES, { sealed: false, grant });
    const { path, init } = requestFor(door, batch.id);
    const isOwners = door.access === "owner" || door.access === "creator";
    const reached = await reach(path, init, isOwners ? grant : batch.created.tokens.write);
    const said = reached.map(({ url, headers }) => [url, [...headers]]);
    expect(JSON.stringify(said)).not.toContain(MARK);
    expect(JSON.stringify(said)).not.toContain(batch.created.tokens.write);
    expect(JSON.stringify(said)).not.toContain(grant);
    // What is called by name is no request.
    const isCalled = isOwners || door.route.endsWith("/live") || door.route.endsWith("/events");
    expect(reached.length > 0).toBe(isCalled || BY_WRITERS.has(door.route));
  });

  test("but for a watcher's upgrade, which is made anew", async () => {
    const batch = await TestBatch.create([1]);
    const path = batch.created.links.live;
    const [only, ...others] = await reach(path, {}, batch.created.tokens.read);
    expect(others).toEqual([]);
    expect(only?.method).toBe("GET");
    expect(only?.url).toBe("https://batch/live?since=0");
    expect([...(only?.headers ?? [])]).toEqual([["upgrade", "websocket"]]);
  });
});

describe("no address of the Worker's calls an object's method", () => {
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
      expect(await reach(path, { method }, batch.created.tokens.write)).toEqual([]);
    }
    expect((await batch.call()).status).toBe(200);
  });
});
