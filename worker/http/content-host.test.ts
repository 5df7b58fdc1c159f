import { describe, expect, test } from "vitest";
import type { FilePage } from "../../protocol/index.ts";
import { ORIGIN, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { requestFor, ROUTE_CASES } from "../testing/route-cases.ts";

const CONTENT_ORIGIN = "https://files.test";
const SETTINGS = { CONTENT_ORIGIN };

async function storedBatch(): Promise<{ batch: TestBatch; path: string; token: string }> {
  const batch = await TestBatch.create([4]);
  await batch.put(0, "four");
  const { id, tokens } = batch.created;
  return { batch, path: `/v1/batches/${id}/files/0/content`, token: tokens.read };
}

describe("with CONTENT_ORIGIN", () => {
  test("a file's link leads to its content at that origin", async () => {
    const { batch, path, token } = await storedBatch();
    const headers = { Authorization: `Bearer ${token}` };
    for (const each of ["/files", "/files/0"]) {
      const response = await callWith(SETTINGS, `/v1/batches/${batch.id}${each}`, { headers });
      const body = await response.json<FilePage & FilePage["files"][number]>();
      const file = each === "/files" ? body.files[0] : body;
      expect(file?.links.content).toBe(CONTENT_ORIGIN + path);
    }
    const content = await callWith(SETTINGS, CONTENT_ORIGIN + path, { headers });
    expect([content.status, await content.text()]).toEqual([200, "four"]);
  });

  test.each(["GET", "HEAD"])("a %s of a file at the site is redirected", async (method) => {
    const { path, token } = await storedBatch();
    const response = await callWith(SETTINGS, `${path}?token=${token}`, { method });
    await response.body?.cancel();
    expect(response.status).toBe(307);
    expect(response.headers.get("Location")).toBe(`${CONTENT_ORIGIN}${path}?token=${token}`);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(response.headers.get("Cross-Origin-Resource-Policy")).toBe("cross-origin");
  });

  test("the page of a batch may show pictures and videos from that origin, and nothing else", async () => {
    const response = await callWith(SETTINGS, "/b/0123");
    await response.body?.cancel();
    const policy = response.headers.get("Content-Security-Policy")?.split("; ") ?? [];
    const named = policy.filter((directive) => directive.includes(CONTENT_ORIGIN));
    expect(named).toEqual([
      `img-src 'self' ${CONTENT_ORIGIN} blob: data:`,
      `media-src 'self' ${CONTENT_ORIGIN}`,
    ]);
  });

  test("a file needs its token at that origin, and is not run there either", async () => {
    const { path, token } = await storedBatch();
    const address = CONTENT_ORIGIN + path;
    expect((await callWith(SETTINGS, address)).status).toBe(401);
    const headers = { "Sec-Fetch-Dest": "script" };
    expect((await callWith(SETTINGS, `${address}?token=${token}`, { headers })).status).toBe(403);
  });

  test.each(ROUTE_CASES.filter(({ route }) => !route.endsWith("/content")))(
    "$route does not exist at that origin",
    async (routeCase) => {
      const { batch } = await storedBatch();
      const { path, init } = requestFor(routeCase, batch.id);
      const headers = new Headers(init.headers);
      headers.set("Authorization", `Bearer ${batch.created.tokens.write}`);
      const response = await callWith(SETTINGS, CONTENT_ORIGIN + path, { ...init, headers });
      expect(await readProblem(response)).toMatchObject({ status: 404, code: "not_found" });
      expect(await batch.status()).toMatchObject({ state: "completed" });
    },
  );
});

test("without CONTENT_ORIGIN, a file's content is at the origin of the site", async () => {
  const { batch, path } = await storedBatch();
  const [file] = await batch.files();
  expect(file?.links.content).toBe(ORIGIN + path);
  expect((await callWith({}, ORIGIN + path)).status).toBe(401);
});

test.each(["files.test", "https://files.test/", "*", "https://files.test https://b.test"])(
  "%j as CONTENT_ORIGIN is an error of the configuration",
  async (origin) => {
    const response = await callWith({ CONTENT_ORIGIN: origin }, "/v1/health");
    expect(await readProblem(response)).toMatchObject({
      status: 503,
      code: "not_configured",
      detail: expect.stringContaining("Set CONTENT_ORIGIN in wrangler.toml to an origin"),
    });
  },
);
