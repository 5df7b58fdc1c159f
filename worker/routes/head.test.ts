import { expect, test } from "vitest";
import { call, TestBatch } from "../testing/batch.ts";
import { FILES, headersFor, requestFor, ROUTE_CASES } from "../testing/route-cases.ts";

const GETS = ROUTE_CASES.filter(({ route }) => route.startsWith("GET "));

test.each(GETS)("HEAD has no body and opens no socket: $route", async (routeCase) => {
  const batch = await TestBatch.create(FILES);
  await batch.put(0, "x");
  const { path } = requestFor(routeCase, batch.id);
  const headers = await headersFor(routeCase, batch.created.tokens);
  const response = await call(path, { headers, method: "HEAD" });
  // Only a GET upgrades a connection.
  expect(response.status).toBe(routeCase.success === 101 ? 426 : routeCase.success);
  expect(await response.text()).toBe("");
  expect(await batch.sockets()).toBe(0);
});

test("HEAD of a long poll opens no socket, and does not wait", async () => {
  const batch = await TestBatch.create(FILES);
  const head = await batch.call("?since=1&wait=30", { method: "HEAD" });
  expect([head.status, head.headers.get("ETag")]).toEqual([200, '"1"']);
  expect(head.headers.get("Server-Timing")).toBe('batch;desc="1"');
});
