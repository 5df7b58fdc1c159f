import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReconnectingSocket } from "./reconnecting-socket.ts";

let server: Server;
let tries: number;
let connections: number;
let losses: number;
let socket: ReconnectingSocket | undefined;

beforeEach(async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  [tries, connections, losses] = [0, 0, 0];
});

afterEach(async () => {
  socket?.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
  server.close();
  await once(server, "close");
});

/** Starts a server that accepts connections, calls `react` for each, and never upgrades them. */
async function open(react: (drop: () => void) => void): Promise<void> {
  server = createServer((connection) => {
    connections++;
    connection.on("error", () => undefined).resume();
    react(() => connection.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  socket = new ReconnectingSocket({
    url: async () => `ws://127.0.0.1:${address.port}/${++tries}`,
    onMessage: () => undefined,
    onLost: () => void losses++,
  });
}

/** Waits for the network, which fake timers don't stop. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

test("a connection that doesn't open within ten seconds is retried", async () => {
  await open(() => undefined);
  await until(() => connections === 1);
  vi.advanceTimersByTime(9999);
  expect(losses).toBe(0);
  vi.advanceTimersByTime(1);
  expect(losses).toBe(1);
  vi.advanceTimersByTime(1000);
  await until(() => connections === 2);
});

test("each wait is twice the one before, fifteen seconds on average at most", async () => {
  await open((drop) => drop());
  const delays = [1000, 2000, 4000, 8000, 15_000, 15_000];
  for (const [index, delay] of delays.entries()) {
    await until(() => losses === index + 1);
    vi.advanceTimersByTime(delay - 1);
    expect(tries).toBe(index + 1);
    vi.advanceTimersByTime(2);
    expect(tries).toBe(index + 2);
  }
});

test("a closed socket doesn't call back", async () => {
  await open(() => undefined);
  await until(() => connections === 1);
  socket?.close();
  vi.advanceTimersByTime(60_000);
  expect([connections, losses]).toEqual([1, 0]);
});

test("reconnect() opens a connection at once", async () => {
  await open(() => undefined);
  await until(() => connections === 1);
  socket?.reconnect();
  await until(() => connections === 2);
  expect(losses).toBe(0);
});
