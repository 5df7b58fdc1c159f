import { describe, expect, test } from "vitest";
import { call, ORIGIN, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";

describe("another site's page", () => {
  const headers = { Origin: "https://site.test" };

  test("may call where all origins may, and reads what it needs", async () => {
    const { headers: answered } = await call("/v1/health", { headers });
    expect(answered.get("Access-Control-Allow-Origin")).toBe("*");
    for (const name of ["ETag", "Location", "Content-Disposition", "Retry-After"]) {
      expect(answered.get("Access-Control-Expose-Headers")).toContain(name);
    }
  });

  test("is told beforehand which methods and headers it may use", async () => {
    const asked = {
      ...headers,
      "Access-Control-Request-Method": "PUT",
      "Access-Control-Request-Headers": "authorization,content-digest",
    };
    const answer = await call("/v1/batches/0123/files/0", { method: "OPTIONS", headers: asked });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("Access-Control-Allow-Methods")).toContain("PUT");
    expect(answer.headers.get("Access-Control-Allow-Headers")).toContain("content-digest");
  });

  test("may call where it is named, and no other may", async () => {
    const settings = { ALLOWED_ORIGINS: "https://other.test https://site.test" };
    const named = await callWith(settings, "/v1/health", { headers });
    expect(named.headers.get("Access-Control-Allow-Origin")).toBe("https://site.test");
    const foreign = { Origin: "https://foreign.test" };
    const refused = await callWith(settings, "/v1/health", { headers: foreign });
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBeNull();
  });

  test("can read a problem, too", async () => {
    const answer = await call("/v1/batches", { method: "POST", body: "{", headers });
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(await readProblem(answer)).toMatchObject({ code: "malformed_request" });
  });
});

describe("a WebSocket", () => {
  const NAMED = "https://other.test https://site.test";

  async function open(origin: string | null, ALLOWED_ORIGINS = NAMED) {
    const { links, tokens } = (await TestBatch.create([1])).created;
    const path = `${links.live}?token=${tokens.read}`;
    const headers = { Upgrade: "websocket", ...(origin !== null && { Origin: origin }) };
    const answer = await callWith({ ALLOWED_ORIGINS }, path, { headers });
    answer.webSocket?.accept();
    answer.webSocket?.close();
    return answer;
  }

  test.each(["https://site.test", ORIGIN, null])(
    "is opened by a page that is named, by this site's own, and by what is no page: %s",
    async (origin) => {
      expect((await open(origin)).status).toBe(101);
    },
  );

  test("is opened by any page where all origins may", async () => {
    expect((await open("https://foreign.test", "*")).status).toBe(101);
  });

  test.each([
    "https://foreign.test",
    "https://site.test.foreign.test",
    "http://site.test",
    "https://site.test:8443",
    "null",
    "",
  ])("is refused to every other page, whatever its token: %j", async (origin) => {
    const problem = await readProblem(await open(origin));
    expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    expect(problem.detail).toContain("ALLOWED_ORIGINS");
  });
});
