import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TokenBucket } from "./bandwidth.ts";
import { transport } from "../transport/fetch.ts";

const REQUESTS = 4;
const STEP_MS = 25;

/** Received bytes of each request, in order of arrival. */
let arrived: number[];
let server: Server;
let url: string;
let bandwidth: TokenBucket;
let ending: AbortController;
/** Requests that wait for their turn. */
let waiting: number;
/** Bytes that were let through. */
let taken: number;

beforeEach(async () => {
  [arrived, waiting, taken] = [[], 0, 0];
  ending = new AbortController();
  server = createServer((request, response) => {
    count(request);
    request.once("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  url = `http://127.0.0.1:${address.port}/`;
  // The limit's clock. Connections take their real time.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  bandwidth = new TokenBucket();
  watchTurns();
});
afterEach(() => {
  ending.abort();
  server.closeAllConnections();
  server.close();
  vi.useRealTimers();
});

function count(request: IncomingMessage): void {
  const n = arrived.push(0) - 1;
  request.on("data", (chunk: Buffer) => (arrived[n] = (arrived[n] ?? 0) + chunk.length));
}

function watchTurns(): void {
  const take = bandwidth.take.bind(bandwidth);
  vi.spyOn(bandwidth, "take").mockImplementation(async (bytes, signal) => {
    waiting++;
    await take(bytes, signal);
    waiting--;
    taken += bytes;
  });
}

/** Sends until the test ends. */
function send(): void {
  const body = new Blob([new Uint8Array(50_000_000)]);
  const request = { method: "PUT", url, headers: {}, body } as const;
  transport(request, () => {}, ending.signal, bandwidth).catch(() => undefined);
}

/** Advances the limit's clock. Returns the received bytes per second, in all and of each request. */
async function measure(seconds: number): Promise<{ all: number; each: number[] }> {
  const before = [...arrived];
  for (let ms = 0; ms < seconds * 1000; ms += STEP_MS) {
    await allWaiting();
    vi.advanceTimersByTime(STEP_MS);
  }
  await allWaiting();
  await expect.poll(() => sum(arrived), { interval: 1 }).toBe(taken);
  const each = arrived.map((bytes, n) => (bytes - (before[n] ?? 0)) / seconds);
  return { all: sum(each), each };
}

function allWaiting(): Promise<void> {
  return expect.poll(() => waiting, { interval: 1 }).toBe(REQUESTS);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

test("four requests share the bandwidth limit equally and follow its changes", async () => {
  bandwidth.bytesPerSecond = 2_000_000;
  for (let n = 0; n < REQUESTS; n++) send();
  await measure(0.5);
  const slow = await measure(4);
  expect(Math.abs(slow.all / 2_000_000 - 1)).toBeLessThan(0.05);
  for (const rate of slow.each) expect(Math.abs(rate / 500_000 - 1)).toBeLessThan(0.05);
  bandwidth.bytesPerSecond = 6_000_000;
  await measure(0.5);
  const fast = await measure(3);
  expect(Math.abs(fast.all / 6_000_000 - 1)).toBeLessThan(0.05);
});
