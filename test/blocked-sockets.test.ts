import { once } from "node:events";
import { createServer, request as httpRequest, type Server as Proxy } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { Watcher } from "../client/index.ts";
import { TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { type Server, startServer } from "./support/server.ts";

let server: Server;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
});

/** A proxy that passes requests on as plain HTTP, as those of some companies do. */
async function startProxy({ holdsStreams }: { holdsStreams: boolean }) {
  const paths: string[] = [];
  const { hostname, port } = new URL(server.origin);
  const proxy = createServer((incoming, response) => {
    const { url: path = "", method, headers } = incoming;
    paths.push(path.replace(/\?.*/u, "").replace(/\/v1\/batches\/[^/]*/u, ""));
    if (holdsStreams && path.includes("/events")) return;
    const { upgrade: _, connection: __, ...plain } = headers;
    const options = { hostname, port, path, method, headers: plain };
    const onward = httpRequest(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    response.once("close", () => onward.destroy());
    onward.on("error", () => response.destroy());
    incoming.pipe(onward);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  cleanUp(() => stop(proxy));
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  return { origin: `http://127.0.0.1:${address.port}`, paths };
}

function stop(proxy: Proxy): void {
  proxy.closeAllConnections();
  proxy.close();
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
    await expect.poll(() => connections, { timeout: 30_000 }).toEqual([connection]);
    await batch.put(0, "x");
    await batch.seal();
    await batch.put(1, "x");
    await expect.poll(() => watcher.batch?.state, { timeout: 60_000 }).toBe("completed");
    expect(watcher.ledger.totals).toMatchObject({ completed: 2 });
    expect(proxy.paths).toContain(path);
  });
});
