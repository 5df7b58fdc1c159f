import { describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../protocol/index.ts";
import { call, TestBatch } from "../testing/batch.ts";

const LOCKED = {
  "content-security-policy": expect.stringMatching(/^default-src 'none';.*; sandbox$/u),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": expect.stringContaining("camera=()"),
  "referrer-policy": "no-referrer",
  "strict-transport-security": expect.stringMatching(/^max-age=\d{8,}$/u),
  "x-content-type-options": "nosniff",
};

async function headersOf(response: Response) {
  await response.body?.cancel();
  return Object.fromEntries(response.headers);
}

describe("every response has the security headers and is not cached", () => {
  test.each([
    ["a successful response", "/v1/health", {}],
    ["an unknown path", "/nowhere", {}],
    ["a refused request", "/v1/batches/0123", {}],
    ["an invalid body", "/v1/batches", { method: "POST", body: "{" }],
    ["a preflight request", "/v1/batches", { method: "OPTIONS" }],
  ])("%s", async (_, path, init) => {
    const headers = await headersOf(await call(path, init));
    expect(headers).toMatchObject({ ...LOCKED, "cache-control": "no-store" });
  });

  test("events", async () => {
    const batch = await TestBatch.create([2]);
    const headers = await headersOf(await batch.call("/events"));
    expect(headers).toMatchObject({ ...LOCKED, "cache-control": "no-store, no-transform" });
  });
});

test("a response has the server's time", async () => {
  const { date } = await headersOf(await call("/v1/health"));
  expect(Math.abs(Date.parse(date ?? "") - Date.now())).toBeLessThan(MINUTE_MS);
});

test("a batch's status may be cached privately and revalidated by its ETag", async () => {
  const batch = await TestBatch.create([2]);
  const headers = await headersOf(await batch.call());
  expect(headers).toMatchObject({ ...LOCKED, "cache-control": "private, no-cache", etag: '"1"' });
});

describe("an uploaded file", () => {
  const page = "<script>parent.stolen = localStorage.token</script>";

  test.each([{}, { Range: "bytes=0-3" }, { "If-None-Match": "*" }])(
    "is always a download in a sandbox: with the headers %o",
    async (sent) => {
      const file = { name: "page.html", size: page.length, type: "text/html" };
      const batch = await TestBatch.create([file]);
      await batch.put(0, page);
      const headers = await headersOf(await batch.call("/files/0/content", { headers: sent }));
      expect(headers).toMatchObject({
        ...LOCKED,
        // Pages of other sites show it as an image. They need a token for that.
        "cross-origin-resource-policy": "cross-origin",
        "cache-control": "private, no-cache, no-transform",
        "content-disposition": expect.stringMatching(/^attachment; /u),
        "content-security-policy": "sandbox; default-src 'none'",
      });
    },
  );
});

test("the page of a batch has its own Content-Security-Policy", async () => {
  const headers = await headersOf(await call("/b/0123"));
  expect(headers).toMatchObject({
    ...LOCKED,
    "content-security-policy": expect.stringContaining("script-src 'self';"),
  });
});
