import { describe, expect, test } from "vitest";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import {
  FILES,
  headersFor,
  requestFor,
  type RouteCase,
  ROUTE_CASES,
} from "../testing/route-cases.ts";

/** Routes whose addresses people share. */
const SHARED = /\/(?:content|thumbnail|archive|sheets\/:n)$|^GET \/b\//u;
const isShared = ({ route }: RouteCase) => SHARED.test(route);

async function newBatch(): Promise<TestBatch> {
  const batch = await TestBatch.create(FILES);
  await batch.put(0, "x");
  return batch;
}

/** Sends the request of a route with another query, and the credentials that it takes. */
async function send(batch: TestBatch, routeCase: RouteCase, query: string): Promise<Response> {
  const { path, init } = requestFor(routeCase, batch.id);
  const headers = await headersFor(routeCase, batch.created.tokens);
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  return call(`${path}?${query}`, { ...init, headers });
}

describe("an unknown parameter", () => {
  test.each(ROUTE_CASES.filter((each) => !isShared(each)))(
    "is named in a 400, and changes nothing: $route",
    async (routeCase) => {
      const batch = await newBatch();
      const { rev } = await batch.status();
      const problem = await readProblem(await send(batch, routeCase, "utm_source=mail&Since=1"));
      expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
      expect(problem.detail).toContain('"utm_source", "Since"');
      expect(await batch.status()).toMatchObject({ rev, state: "active" });
    },
  );

  test.each(ROUTE_CASES.filter(isShared))("is ignored by %s", async (routeCase) => {
    const response = await send(await newBatch(), routeCase, "utm_source=mail");
    await response.body?.cancel();
    expect(response.status).toBe(routeCase.success);
  });

  test("is named together with those that the call knows", async () => {
    const batch = await TestBatch.create([1]);
    const { detail } = await readProblem(await batch.call("?sinse=1&wait=1"));
    expect(detail).toContain('"sinse"');
    expect(detail).toContain("since, wait");
  });

  test("of an unknown path or method isn't the reason for its refusal", async () => {
    expect((await call("/v1/nowhere?a=b")).status).toBe(404);
    expect((await call("/v1/health?a=b", { method: "POST" })).status).toBe(405);
  });
});
