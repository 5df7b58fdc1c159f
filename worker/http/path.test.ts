import { describe, expect, test } from "vitest";
import { call, TestBatch } from "../testing/batch.ts";
import { plainPath } from "./path.ts";

test.each([
  ["/", "/"],
  ["//", "/"],
  ["/v1/health", "/v1/health"],
  ["/v1/health/", "/v1/health"],
  ["//v1///health//?a=//b/", "/v1/health"],
])("%s is routed as %s", (path, plain) => {
  expect(plainPath(new Request(`https://tallyman.test${path}`))).toBe(plain);
});

describe("a path with empty segments", () => {
  test.each(["/v1/batches/ID/", "//v1/batches/ID", "/v1//batches//ID//"])(
    "is served: %s",
    async (pattern) => {
      const batch = await TestBatch.create([1]);
      const headers = { Authorization: `Bearer ${batch.created.tokens.read}` };
      const path = `https://tallyman.test${pattern.replace("ID", batch.id)}`;
      const response = await call(path, { headers });
      expect(await response.json()).toMatchObject({ id: batch.id });
    },
  );

  test("needs the same token", async () => {
    const { id } = await TestBatch.create([1]);
    for (const path of [`//v1/batches/${id}`, `/v1/batches//${id}/files/`]) {
      const response = await call(`https://tallyman.test${path}`);
      await response.body?.cancel();
      expect(response.status).toBe(401);
    }
  });
});
