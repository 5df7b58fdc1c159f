import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";

let lines: string[];

beforeEach(() => {
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

/** Sends a request with a batch's write token in its address and header to a Worker that logs. */
async function callLogged(batch: TestBatch, path: string, init: RequestInit = {}) {
  const headers = { Authorization: `Bearer ${batch.created.tokens.write}` };
  const address = `${batch.created.links.self}${path}?token=${batch.created.tokens.read}`;
  return callWith({ LOG: "requests" }, address, { headers, ...init });
}

describe("with LOG = requests", () => {
  test("a request is one line of JSON with its route instead of its address", async () => {
    const batch = await TestBatch.create([{ name: "what it is called", size: 2 }]);
    await callLogged(batch, "/files/0", {});
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      {
        requestId: expect.any(String),
        method: "GET",
        route: "/v1/batches/:batch/files/:file",
        status: 200,
        problem: null,
        ms: expect.any(Number),
        bytes: 0,
        batch: batch.id,
        batchCalls: 1,
      },
    ]);
  });

  test("a refused request has its problem and the client's request id, and no batch", async () => {
    const batch = await TestBatch.create([1]);
    const headers = { Authorization: "Bearer eyJhello.eyJ.x" };
    const { requestId } = await readProblem(
      await callLogged(batch, "/retry", { headers, method: "POST" }),
    );
    const line: unknown = JSON.parse(lines[0] ?? "");
    expect(line).toMatchObject({ requestId, status: 401, problem: "unauthorized", batch: null });
  });

  test("a request without a route has an empty route", async () => {
    await callWith({ LOG: "requests" }, "/nowhere/eyJhello?token=eyJhello");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      route: "",
      status: 404,
      problem: "not_found",
    });
  });

  test("no line contains a token or other data of the client", async () => {
    const batch = await TestBatch.create([1]);
    vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
    for (const path of ["", "/files", "/files/0/content", "/nowhere", "/files/secret"]) {
      await callLogged(batch, path);
    }
    vi.spyOn(env.BATCH, "getByName").mockImplementation(() => {
      throw new TypeError(`Invalid URL: ?token=${batch.created.tokens.read}`);
    });
    expect((await callLogged(batch, "")).status).toBe(500);
    expect(lines.length).toBe(7);
    expect(lines.join("\n")).not.toMatch(/eyJ|secret|nowhere/u);
  });
});

test("with LOG = errors, successful requests are not logged", async () => {
  await callWith({ LOG: "errors" }, "/v1/health");
  expect(lines).toEqual([]);
});

test("each request is a data point if Analytics Engine is bound", async () => {
  const METRICS = { writeDataPoint: vi.fn<AnalyticsEngineDataset["writeDataPoint"]>() };
  const batch = await TestBatch.create([2]);
  const headers = {
    Authorization: `Bearer ${batch.created.tokens.write}`,
    "Content-Length": "2",
  };
  const path = `${batch.created.links.files}/0`;
  await callWith({ METRICS }, path, { method: "PUT", body: "ok", headers });
  const route = "/v1/batches/:batch/files/:file";
  expect(METRICS.writeDataPoint).toHaveBeenCalledExactlyOnceWith({
    indexes: [route],
    blobs: ["PUT", route, null, batch.id],
    doubles: [200, expect.any(Number), 2, expect.any(Number)],
  });
});
