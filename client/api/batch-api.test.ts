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

test("an owner's batches are listed, for their grant", async () => {
  expect(await list(() => ({ body: { batches: [BATCH] } }))).toEqual([BATCH]);
  expect(server.received).toMatchObject([
    { call: "GET /v1/batches", headers: { authorization: "Bearer grant" } },
  ]);
});

test("there may be none", async () => {
  expect(await list(() => ({ body: { batches: [] } }))).toEqual([]);
});

test("a grant that is no longer valid is a problem, and is not tried again", async () => {
  const problem = { code: "unauthorized", detail: "Get a new token." };
  await expect(list(() => ({ status: 401, body: problem }))).rejects.toMatchObject(problem);
  expect(server.received).toHaveLength(1);
});

test("a busy server is asked again", async () => {
  const answers = [{ status: 503 }, { body: { batches: [BATCH] } }];
  expect(await list(() => answers.shift() ?? "cut")).toEqual([BATCH]);
});
