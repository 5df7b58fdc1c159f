import { afterEach, expect, test } from "vitest";
import { listBatches } from "../index.ts";
import { ScriptedServer, type Script } from "../testing/scripted-server.ts";

let server: ScriptedServer;
afterEach(() => server.stop());

async function list(script: Script) {
  server = await ScriptedServer.start(script);
  return listBatches(server.origin, "grant");
}

const BATCH = {
  id: "b1",
  createdAt: "2026-11-20T12:00:00.000Z",
  state: "completed",
  files: 490,
  links: { self: "/v1/batches/b1", page: "/b/b1" },
};

test("listBatches sends the grant and returns the owner's batches", async () => {
  expect(await list(() => ({ body: { batches: [BATCH] } }))).toEqual([BATCH]);
  expect(server.received).toMatchObject([
    { call: "GET /v1/batches", headers: { authorization: "Bearer grant" } },
  ]);
});

test("listBatches returns an empty list", async () => {
  expect(await list(() => ({ body: { batches: [] } }))).toEqual([]);
});

test("listBatches throws on an invalid grant without a retry", async () => {
  const problem = { code: "unauthorized", detail: "Get a new token." };
  await expect(list(() => ({ status: 401, body: problem }))).rejects.toMatchObject(problem);
  expect(server.received).toHaveLength(1);
});

test("listBatches retries when the server is busy", async () => {
  const responses = [{ status: 503 }, { body: { batches: [BATCH] } }];
  expect(await list(() => responses.shift() ?? "cut")).toEqual([BATCH]);
});
