import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import type { Frame } from "../../protocol/index.ts";
import { BatchApi } from "../api/batch-api.ts";
import { Reachability } from "../transport/reachability.ts";
import { EventStream } from "./event-stream.ts";
import { type ConnectionState, Live } from "./live.ts";

const BATCH = { id: "b", state: "active", sealed: false, percentComplete: 0, totals: {} };
let server: Server | undefined;
let live: Live | undefined;

afterEach(() => {
  live?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Starts a server that refuses upgrades. */
async function refusingUpgrades(stream: (response: ServerResponse) => void): Promise<string> {
  server = createServer((request, response) => {
    if (request.url?.includes("/events")) return stream(response);
    response.setHeader("content-type", "application/json");
    response.setHeader("tallyman-version", "1.0.0");
    if (request.url?.includes("/tokens")) return response.end('{"live":"new"}');
    const isList = request.url?.includes("/files");
    response.end(JSON.stringify(isList ? { rev: 7, files: [], next: null } : { ...BATCH, rev: 7 }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}`;
}

function listen(origin: string): { frames: Frame[]; connections: ConnectionState[] } {
  const [frames, connections]: [Frame[], ConnectionState[]] = [[], []];
  const { signal } = new AbortController();
  const reachability = new Reachability({ endpoint: origin, signal, onChange: () => undefined });
  live = new Live({
    api: new BatchApi(origin, "b", { token: "token", live: "live", reachability }, signal),
    reachability,
    since: () => frames.at(-1)?.rev ?? 0,
    onFrame: (frame) => frames.push(frame),
    onConnection: (connection) => connections.push(connection),
    onProblem: () => undefined,
  });
  return { frames, connections };
}

function snapshot(rev: number): string {
  const frame = { event: "snapshot", rev, batch: { ...BATCH, rev }, files: [], more: false };
  return `retry: 2000\nid: ${rev}\nevent: snapshot\ndata: ${JSON.stringify(frame)}\n\n`;
}

test("streams events if sockets are refused, in pieces and with comments", async () => {
  const origin = await refusingUpgrades((response) => {
    response.setHeader("content-type", "text/event-stream; charset=utf-8");
    const text = `:\n\n${snapshot(5)}${snapshot(6)}`;
    response.write(text.slice(0, 90));
    setImmediate(() => response.write(text.slice(90)));
  });
  const { frames, connections } = listen(origin);
  await expect.poll(() => frames.map(({ rev }) => rev)).toEqual([5, 6]);
  expect(connections).toEqual(["live"]);
});

test("polls if streams are refused as well", async () => {
  const origin = await refusingUpgrades((response) => response.writeHead(403).end("no streams"));
  const { frames, connections } = listen(origin);
  await expect.poll(() => connections).toEqual(["polling"]);
  expect(frames[0]).toMatchObject({ event: "snapshot", rev: 7 });
});

test("polls once a stream has ended", async () => {
  const origin = await refusingUpgrades((response) => {
    response.setHeader("content-type", "text/event-stream");
    response.end(`${snapshot(5)}event: end\ndata: {}\n\n`);
  });
  const { frames, connections } = listen(origin);
  await expect.poll(() => connections).toEqual(["live", "polling"]);
  expect(frames.map(({ rev }) => rev).slice(0, 2)).toEqual([5, 7]);
});

test.each([
  ["a bug surfaces, and ends the stream", () => undefined, ["a bug"]],
  ["a cut is no bug", (response: ServerResponse) => response.socket?.destroy(), []],
])("%s", async (_, onFirst, uncaught) => {
  const origin = await refusingUpgrades((response) => {
    response.setHeader("content-type", "text/event-stream");
    response.write(snapshot(5), () => onFirst(response));
  });
  const surfaced: unknown[] = [];
  const record = ({ message }: Error) => void surfaced.push(message);
  process.on("uncaughtException", record);
  onTestFinished(() => void process.off("uncaughtException", record));
  const onEnd = vi.fn();
  const stream = new EventStream({
    url: () => Promise.resolve(`${origin}/v1/batches/b/live`),
    onMessage: () => {
      if (uncaught.length > 0) throw new TypeError("a bug");
    },
    onEnd,
  });
  await expect.poll(() => onEnd.mock.calls).toEqual([[true]]);
  stream.close();
  expect(surfaced).toEqual(uncaught);
});
