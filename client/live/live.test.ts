import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Frame } from "../../protocol/index.ts";
import { BatchApi } from "../api/batch-api.ts";
import { Live, type ConnectionState } from "./live.ts";
import type { ClientProblem } from "../errors.ts";
import { FakeDevice } from "../testing/fake-device.ts";
import { Reachability } from "../transport/reachability.ts";
import { startSocketServer, type SocketServer } from "../testing/socket-server.ts";

let server: SocketServer;
let live: Live | undefined;
let frames: Frame[];
let connections: ConnectionState[];
let problems: ClientProblem[];
let disposal: AbortController;

beforeAll(async () => {
  server = await startSocketServer();
  return () => server.stop();
});

beforeEach(() => {
  // A quarter of the longest wait: half a second before a socket reconnects.
  vi.spyOn(Math, "random").mockReturnValue(0.25);
  [frames, connections, problems] = [[], [], []];
  disposal = new AbortController();
});
afterEach(() => {
  live?.close();
  disposal.abort();
  vi.restoreAllMocks();
});

function listenTo(batch: string, origin = server.origin): void {
  let rev = 0;
  const { signal } = disposal;
  const reachability = new Reachability({ endpoint: origin, signal, onChange: () => undefined });
  const access = { token: "token", live: "live", reachability };
  live = new Live({
    api: new BatchApi(origin, batch, access, signal),
    reachability,
    since: () => rev,
    onFrame: (frame) => {
      frames.push(frame);
      rev = frame.rev;
    },
    onConnection: (connection) => connections.push(connection),
    onProblem: (problem) => problems.push(problem),
  });
}

async function sincesOf(batch: string): Promise<(string | null)[]> {
  const response = await fetch(`${server.origin}/v1/batches/seen/${batch}`);
  const sinces: (string | null)[] = await response.json();
  return sinces;
}

test("a lost socket reconnects, asks only for changes, and ignores unknown frames", async () => {
  listenTo("cut");
  await expect.poll(() => frames.length).toBe(2);
  expect(frames.map(({ event, rev }) => [event, rev])).toEqual([
    ["snapshot", 10],
    ["snapshot", 20],
  ]);
  expect(connections).toEqual(["live", "connecting", "live"]);
  expect(await sincesOf("cut")).toEqual([null, "10"]);
});

test("polls while sockets are blocked, and returns to a socket once one gets through", async () => {
  listenTo("blocked");
  await expect.poll(() => connections).toEqual(["polling"]);
  expect(frames[0]).toMatchObject({
    event: "snapshot",
    rev: 7,
    files: [[3, "failed", 0, 0, "type_refused"]],
    more: false,
  });
  await expect.poll(() => connections).toEqual(["polling", "live"]);
  const sinces = await sincesOf("blocked");
  expect(sinces.slice(0, 2)).toEqual([null, null]);
  expect(sinces.at(-1)).toBe("7");
  await expect.poll(() => frames.map(({ rev }) => rev)).toContain(17);
});

test("a rate-limited poll is repeated after its Retry-After, and the server isn't offline", async () => {
  listenTo("limited");
  await expect.poll(() => frames.map(({ rev }) => rev)).toContain(7);
  expect(connections).toEqual(["polling"]);
  expect(problems).toEqual([]);
});

test("a deleted batch is reported, and isn't asked for again", async () => {
  listenTo("close-4410");
  await expect.poll(() => problems).toMatchObject([{ code: "batch_not_found" }]);
  expect(await sincesOf("close-4410")).toEqual([null]);
});

test.each([1000, 1008])("polls after a socket was closed with %i", async (code) => {
  listenTo(`close-${code}`);
  await expect.poll(() => connections.at(-1)).toBe("polling");
  expect(await sincesOf(`close-${code}`)).toEqual([null]);
});

test("an unknown batch is reported and isn't polled again", async () => {
  listenTo("gone");
  await expect.poll(() => problems).toHaveLength(1);
  expect(problems).toMatchObject([{ code: "batch_not_found" }]);
});

test("an unreachable server is reported as offline", async () => {
  listenTo("b", "http://127.0.0.1:9");
  await expect.poll(() => connections).toEqual(["offline"]);
  expect([frames, problems]).toEqual([[], []]);
});

test("going offline is reported at once, and frames still arrive from a server within reach", async () => {
  const device = new FakeDevice();
  listenTo("steady");
  await expect.poll(() => connections).toEqual(["live"]);
  device.setNetwork("offline");
  expect(connections).toEqual(["live", "offline"]);
  await expect.poll(() => connections.at(-1)).toBe("live");
  device.remove();
});
