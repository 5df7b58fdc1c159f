import { afterEach, expect, test } from "vitest";
import { BatchApi, batchPage, listBatches } from "../index.ts";
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

test("batchPage asks for the page after the last one", async () => {
  server = await ScriptedServer.start(() => ({ body: { batches: [BATCH], next: null } }));
  const page = await batchPage(server.origin, "grant", "5-b0");
  expect(page).toEqual({ batches: [BATCH], next: null });
  expect(server.received).toMatchObject([{ call: "GET /v1/batches?after=5-b0" }]);
});

test("makeTokens sends the scopes to make and to end", async () => {
  const tokens = { live: "l", expiresAt: "2026-12-01T00:00:00.000Z", links: { page: "/b/b1" } };
  server = await ScriptedServer.start(() => ({ body: tokens }));
  expect(await api(server).makeTokens(["live"], ["read"])).toEqual(tokens);
  const [request] = server.received;
  expect(request?.call).toBe("POST /v1/batches/b1/tokens");
  expect(request?.body).toBe('{"scopes":["live"],"revoke":["read"]}');
});

test("deleteBatch is done at a response without a body", async () => {
  server = await ScriptedServer.start(() => ({ status: 204 }));
  await api(server).deleteBatch();
  expect(server.received).toMatchObject([{ call: "DELETE /v1/batches/b1" }]);
});

function api({ origin }: ScriptedServer): BatchApi {
  return new BatchApi(origin, "b1", "write", new AbortController().signal);
}
