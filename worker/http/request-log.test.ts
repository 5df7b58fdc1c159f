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

/** A request to a Worker that logs, with a batch's write token in its address and its header. */
async function callLogged(batch: TestBatch, path: string, init: RequestInit = {}) {
  const headers = { Authorization: `Bearer ${batch.created.tokens.write}` };
  const address = `${batch.created.links.self}${path}?token=${batch.created.tokens.read}`;
  return callWith({ LOG: "requests" }, address, { headers, ...init });
}

describe("with LOG = requests", () => {
  test("each request is one line of JSON: its route, and not its address", async () => {
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

  test("a refused one says why, under the id that the client was told, and names no batch", async () => {
    const batch = await TestBatch.create([1]);
    const headers = { Authorization: "Bearer eyJhello.eyJ.x" };
    const { requestId } = await readProblem(
      await callLogged(batch, "/retry", { headers, method: "POST" }),
    );
    const line: unknown = JSON.parse(lines[0] ?? "");
    expect(line).toMatchObject({ requestId, status: 401, problem: "unauthorized", batch: null });
  });

  test("an address that is none has no route", async () => {
    await callWith({ LOG: "requests" }, "/nowhere/eyJhello?token=eyJhello");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      route: "",
      status: 404,
      problem: "not_found",
    });
  });

  test("no line holds a token, or anything else that a client has sent", async () => {
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

test("with LOG = errors there is no line of what went as it should", async () => {
  await callWith({ LOG: "errors" }, "/v1/health");
  expect(lines).toEqual([]);
});

test("Analytics Engine is told of each request, where it is bound", async () => {
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
