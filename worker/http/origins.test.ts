import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { call, ORIGIN, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { formBody, formRequest } from "../testing/multipart.ts";
import { FILES, requestFor, ROUTE_CASES } from "../testing/route-cases.ts";

afterEach(() => void vi.restoreAllMocks());

/** Origins that only resemble an allowed one, or are none. */
const FOREIGN = [
  "https://foreign.test",
  "https://site.test.foreign.test",
  "http://site.test",
  "https://site.test:8443",
  "null",
  "",
];

describe("a page of another origin", () => {
  const headers = { Origin: "https://site.test" };

  test("can read responses and the exposed headers if all origins are allowed", async () => {
    const { headers: received } = await call("/v1/health", { headers });
    expect(received.get("Access-Control-Allow-Origin")).toBe("*");
    expect(received.get("Timing-Allow-Origin")).toBe("*");
    const exposed = received.get("Access-Control-Expose-Headers")?.split(",");
    expect(exposed).toEqual(
      expect.arrayContaining([
        "Accept-Ranges",
        "Content-Disposition",
        "Content-Range",
        "ETag",
        "Location",
        "Retry-After",
        "Tallyman-Failed",
      ]),
    );
  });

  test("gets the allowed methods and headers from a preflight request", async () => {
    const preflight = {
      ...headers,
      "Access-Control-Request-Method": "PUT",
      "Access-Control-Request-Headers": "authorization,content-digest",
    };
    const response = await call("/v1/batches/0123/files/0", {
      method: "OPTIONS",
      headers: preflight,
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("Access-Control-Allow-Methods")).toContain("PUT");
    expect(response.headers.get("Access-Control-Allow-Headers")).toContain("content-digest");
  });

  test("can read responses only if ALLOWED_ORIGINS lists its origin", async () => {
    const settings = { ALLOWED_ORIGINS: "https://other.test https://site.test" };
    const allowed = await callWith(settings, "/v1/health", { headers });
    expect(allowed.headers.get("Access-Control-Allow-Origin")).toBe("https://site.test");
    expect(allowed.headers.get("Timing-Allow-Origin")).toBe("https://site.test");
    const foreign = { Origin: "https://foreign.test" };
    const refused = await callWith(settings, "/v1/health", { headers: foreign });
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBeNull();
    expect(refused.headers.get("Timing-Allow-Origin")).toBeNull();
  });

  test("can read problems", async () => {
    const response = await call("/v1/batches", { method: "POST", body: "{", headers });
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(await readProblem(response)).toMatchObject({ code: "malformed_request" });
  });
});

describe("a WebSocket", () => {
  const ALLOWED = "https://other.test https://site.test";

  async function open(origin: string | null, ALLOWED_ORIGINS = ALLOWED) {
    const { links, tokens } = (await TestBatch.create([1])).created;
    const path = `${links.live}?token=${tokens.read}`;
    const headers = { Upgrade: "websocket", ...(origin !== null && { Origin: origin }) };
    const response = await callWith({ ALLOWED_ORIGINS }, path, { headers });
    response.webSocket?.accept();
    response.webSocket?.close();
    return response;
  }

  test.each(["https://site.test", ORIGIN, null])(
    "can be opened by allowed pages, by this site and by clients without an origin: %s",
    async (origin) => {
      expect((await open(origin)).status).toBe(101);
    },
  );

  test("can be opened by any page if all origins are allowed", async () => {
    expect((await open("https://foreign.test", "*")).status).toBe(101);
  });

  test.each(FOREIGN)("is refused to any other page, even with a token: %j", async (origin) => {
    const problem = await readProblem(await open(origin));
    expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    expect(problem.detail).toContain("ALLOWED_ORIGINS");
  });
});

describe("a request that changes something", () => {
  const ALLOWED = "https://other.test https://site.test";
  /** Requests that browsers send for any page without asking first. */
  const SIMPLE: Record<string, RequestInit> = {
    "/v1/batches": { body: "{}", headers: { "Content-Type": "text/plain" } },
    "/v1/upload": formRequest(formBody([{ name: "a", filename: "a", bytes: "x" }])),
  };
  const changing = ROUTE_CASES.filter(({ route }) => !route.startsWith("GET "));

  function create(path: string, origin: string | null, ALLOWED_ORIGINS = ALLOWED) {
    const init = SIMPLE[path] ?? {};
    const headers = new Headers(init.headers);
    if (origin !== null) headers.set("Origin", origin);
    return callWith({ ALLOWED_ORIGINS }, path, { method: "POST", ...init, headers });
  }

  describe.each(Object.keys(SIMPLE))("POST %s", (path) => {
    test.each(FOREIGN)("creates no batch for a page of %j", async (origin) => {
      const created = vi.spyOn(env.BATCH, "getByName");
      const problem = await readProblem(await create(path, origin));
      expect(problem).toMatchObject({ status: 403, code: "forbidden" });
      expect(created).not.toHaveBeenCalled();
    });

    test.each(["https://site.test", ORIGIN, null])("creates one for %s", async (origin) => {
      expect((await create(path, origin)).status).toBe(201);
    });

    test("creates one for any page if all origins are allowed", async () => {
      expect((await create(path, "https://foreign.test", "*")).status).toBe(201);
    });

    test("creates none for another page if no other origin is allowed", async () => {
      expect((await create(path, "https://site.test", "")).status).toBe(403);
    });
  });

  test.each(changing)("is refused to other pages with any token: $route", async (routeCase) => {
    const batch = await TestBatch.create(FILES, { sealed: false });
    const { path, init } = requestFor(routeCase, batch.id);
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${batch.created.tokens.write}`);
    headers.set("Origin", "https://foreign.test");
    const response = await callWith({ ALLOWED_ORIGINS: ALLOWED }, path, { ...init, headers });
    expect(await readProblem(response)).toMatchObject({ status: 403, code: "forbidden" });
    expect((await batch.status()).rev).toBe(1);
  });
});
