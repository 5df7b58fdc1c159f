import { describe, expect, test } from "vitest";
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

async function headersOf(answer: Response) {
  await answer.body?.cancel();
  return Object.fromEntries(answer.headers);
}

describe("every answer of the Worker is locked, and kept by no cache", () => {
  test.each([
    ["what was asked", "/v1/health", {}],
    ["what is not there", "/nowhere", {}],
    ["what is refused", "/v1/batches/0123", {}],
    ["what is broken", "/v1/batches", { method: "POST", body: "{" }],
    ["what is asked beforehand", "/v1/batches", { method: "OPTIONS" }],
  ])("%s", async (_, path, init) => {
    const headers = await headersOf(await call(path, init));
    expect(headers).toMatchObject({ ...LOCKED, "cache-control": "no-store" });
  });

  test("events", async () => {
    const batch = await TestBatch.create([2]);
    const headers = await headersOf(await batch.call("/events"));
    expect(headers).toMatchObject({ ...LOCKED, "cache-control": "no-store" });
  });
});

test("how a batch stands may be asked again by its ETag, of nobody but the server", async () => {
  const batch = await TestBatch.create([2]);
  const headers = await headersOf(await batch.call());
  expect(headers).toMatchObject({ ...LOCKED, "cache-control": "private, no-cache", etag: '"1"' });
});

describe("what people uploaded", () => {
  const page = "<script>parent.stolen = localStorage.token</script>";

  test.each([{}, { Range: "bytes=0-3" }, { "If-None-Match": "*" }])(
    "is only ever a download, in a sandbox of its own: asked with %o",
    async (asked) => {
      const file = { name: "page.html", size: page.length, type: "text/html" };
      const batch = await TestBatch.create([file]);
      await batch.put(0, page);
      const headers = await headersOf(await batch.call("/files/0/content", { headers: asked }));
      expect(headers).toMatchObject({
        ...LOCKED,
        "cache-control": "private, no-cache",
        "content-disposition": expect.stringMatching(/^attachment; /u),
        "content-security-policy": "sandbox; default-src 'none'",
      });
    },
  );
});

test("the page of a batch has the page's own policy", async () => {
  const headers = await headersOf(await call("/b/0123"));
  expect(headers).toMatchObject({
    ...LOCKED,
    "content-security-policy": expect.stringContaining("script-src 'self';"),
  });
});
