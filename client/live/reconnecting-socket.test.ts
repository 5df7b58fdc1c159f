import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReconnectingSocket } from "./reconnecting-socket.ts";

let server: Server;
let tries: number;
let connections: number;
let losses: number;
/** Connections that were upgraded. */
const opened: Duplex[] = [];
let socket: ReconnectingSocket | undefined;

beforeEach(async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  [tries, connections, losses] = [0, 0, 0];
});

afterEach(async () => {
  socket?.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const connection of opened.splice(0)) connection.destroy();
  server.close();
  await once(server, "close");
});

/** Starts a server that accepts connections, calls `react` for each, and never upgrades them. */
async function open(react: (drop: () => void) => void): Promise<void> {
  server = createServer((connection) => {
    connections++;
    connection.on("error", () => undefined).resume();
    react(() => connection.destroy());
  });
  await connect();
}

/** Starts a server that opens each socket, and then calls `react`. */
async function openAndThen(react: (connection: Duplex) => void): Promise<void> {
  const http = createHttpServer();
  http.on("upgrade", ({ headers }, connection) => {
    connections++;
    opened.push(connection);
    const key = `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    connection.on("error", () => undefined);
    const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
    connection.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n\r\n`, () =>
      react(connection),
    );
  });
  server = http;
  await connect();
}

/** Ends a connection as a server does with this code; 1006 stands for none. */
function closeWith(code: number, connection: Duplex): void {
  if (code === 1006) connection.destroy();
  else connection.end(Buffer.from([0x88, 2, code >> 8, code & 255]));
}

async function connect(): Promise<void> {
  server.listen(0, "127.0.0.1");
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

test.each([1006, 1012, 1013])(
  "reconnects are spread over 1 to 10 s after an open socket has ended with %i",
  async (code) => {
    const random = vi.spyOn(Math, "random");
    await openAndThen((connection) => closeWith(code, connection));
    for (const [index, [value, delay]] of [
      [0, 1000],
      [1, 10_000],
      [0.5, 5500],
    ].entries()) {
      random.mockReturnValue(value ?? 0);
      await until(() => losses === index + 1);
      vi.advanceTimersByTime((delay ?? 0) - 1);
      expect(tries).toBe(index + 1);
      vi.advanceTimersByTime(2);
      expect(tries).toBe(index + 2);
    }
  },
);

test.each([1000, 1008])(
  "the next connection is ten minutes after one that ended with %i",
  async (code) => {
    await openAndThen((connection) => closeWith(code, connection));
    await until(() => losses === 1);
    vi.advanceTimersByTime(10 * 60_000 - 1);
    expect(tries).toBe(1);
    vi.advanceTimersByTime(2);
    expect(tries).toBe(2);
  },
);
