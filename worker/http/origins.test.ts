import { describe, expect, test } from "vitest";
import { call, ORIGIN, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";

describe("a page of another origin", () => {
  const headers = { Origin: "https://site.test" };

  test("can read responses and the exposed headers if all origins are allowed", async () => {
    const { headers: received } = await call("/v1/health", { headers });
    expect(received.get("Access-Control-Allow-Origin")).toBe("*");
    for (const name of ["ETag", "Location", "Content-Disposition", "Retry-After"]) {
      expect(received.get("Access-Control-Expose-Headers")).toContain(name);
    }
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
    const foreign = { Origin: "https://foreign.test" };
    const refused = await callWith(settings, "/v1/health", { headers: foreign });
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBeNull();
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

  test.each([
    "https://foreign.test",
    "https://site.test.foreign.test",
    "http://site.test",
    "https://site.test:8443",
    "null",
    "",
  ])("is refused to any other page, even with a token: %j", async (origin) => {
    const problem = await readProblem(await open(origin));
    expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    expect(problem.detail).toContain("ALLOWED_ORIGINS");
  });
});
