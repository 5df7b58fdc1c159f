import { expect, test } from "vitest";
import { startServer } from "./support/server.ts";

test("a base address that ends with a slash works", async () => {
  const server = await startServer();
  const statuses = await Promise.all(
    ["//v1/health", "/v1/health/", "/v1//health", "/b/0123/"].map(async (path) => {
      const response = await fetch(`${server.origin}${path}`);
      await response.body?.cancel();
      return [path, response.status];
    }),
  );
  await server.stop();
  expect(statuses).toEqual([
    ["//v1/health", 200],
    ["/v1/health/", 200],
    ["/v1//health", 200],
    ["/b/0123/", 200],
  ]);
});
