import { beforeAll, describe, expect, test } from "vitest";
import { Watcher } from "../client/index.ts";
import { TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { HttpProxy } from "./support/middleboxes/http-proxy.ts";
import { type Server, startServer } from "./support/server.ts";

let server: Server;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
});

/** Starts a proxy that passes WebSockets on as plain HTTP. Returns it with the paths of all requests. */
async function startProxy({ holdsStreams }: { holdsStreams: boolean }) {
  const paths: string[] = [];
  const proxy = await HttpProxy.listen(server.origin, { upgrades: false });
  cleanUp(() => proxy.close());
  proxy.middlebox = (exchange) => {
    const { path } = exchange;
    paths.push(path.replace(/\?.*/u, "").replace(/\/v1\/batches\/[^/]*/u, ""));
    if (!holdsStreams || !path.includes("/events")) exchange.pass();
  };
  return { origin: proxy.origin, paths };
}

describe.each([
  { holdsStreams: false, connection: "live", path: "/events" },
  { holdsStreams: true, connection: "polling", path: "" },
])("behind a proxy without WebSockets (holds streams: $holdsStreams)", (network) => {
  test(`a watcher sees an upload, ${network.connection}`, async () => {
    const { connection, path } = network;
    const batch = await TestBatch.create(server.origin, [1, 1]);
    const proxy = await startProxy(network);
    const token = batch.created.tokens.read;
    const watcher = new Watcher({ endpoint: proxy.origin, batch: batch.id, token });
    cleanUp(() => watcher.dispose());
    const connections: string[] = [];
    watcher.on("connection", (state) => connections.push(state));
    await expect.poll(() => connections).toEqual([connection]);
    await batch.put(0, "x");
    await batch.seal();
    await batch.put(1, "x");
    await expect.poll(() => watcher.batch?.state).toBe("completed");
    expect(watcher.ledger.totals).toMatchObject({ completed: 2 });
    expect(proxy.paths).toContain(path);
  });
});
