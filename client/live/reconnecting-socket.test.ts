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

/** Takes connections, does with each what it is told, and never speaks WebSocket. */
async function open(react: (drop: () => void) => void): Promise<void> {
  server = createServer((connection) => {
    connections++;
    connection.on("error", () => undefined).resume();
    react(() => connection.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It has no port.");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  socket = new ReconnectingSocket({
    url: () => `ws://127.0.0.1:${address.port}/${++tries}`,
    onMessage: () => undefined,
    onLost: () => void losses++,
  });
}

/** Lets the network do what it has to, though no timer of the test's runs. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

test("a connection that does not open is given up, and tried again", async () => {
  await open(() => undefined);
  await until(() => connections === 1);
  vi.advanceTimersByTime(9999);
  expect(losses).toBe(0);
  vi.advanceTimersByTime(1);
  expect(losses).toBe(1);
  vi.advanceTimersByTime(1000);
  await until(() => connections === 2);
});

test("each try waits longer than the one before, and twenty seconds at most", async () => {
  await open((drop) => drop());
  const delays = [1000, 1700, 2890, 4913, 8352.1, 14_198.57, 20_000, 20_000];
  for (const [index, delay] of delays.entries()) {
    await until(() => losses === index + 1);
    vi.advanceTimersByTime(Math.floor(delay) - 2);
    expect(tries).toBe(index + 1);
    vi.advanceTimersByTime(4);
    expect(tries).toBe(index + 2);
  }
});

test("whoever closes it is not called back", async () => {
  await open(() => undefined);
  await until(() => connections === 1);
  socket?.close();
  vi.advanceTimersByTime(60_000);
  expect([connections, losses]).toEqual([1, 0]);
});

test("it comes back at once when it is told to", async () => {
  await open(() => undefined);
  await until(() => connections === 1);
  socket?.reconnect();
  await until(() => connections === 2);
  expect(losses).toBe(0);
});
