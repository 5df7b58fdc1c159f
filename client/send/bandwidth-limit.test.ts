import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TokenBucket } from "./bandwidth.ts";
import { transport } from "../transport/fetch.ts";

/** Received bytes of each request, in order of arrival. */
let arrived: number[];
let server: Server;
let url: string;
let bandwidth: TokenBucket;
let ending: AbortController;

beforeEach(async () => {
  arrived = [];
  bandwidth = new TokenBucket();
  ending = new AbortController();
  server = createServer((request, response) => {
    count(request);
    request.once("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  url = `http://127.0.0.1:${address.port}/`;
});
afterEach(() => {
  ending.abort();
  server.closeAllConnections();
  server.close();
});

function count(request: IncomingMessage): void {
  const n = arrived.push(0) - 1;
  request.on("data", (chunk: Buffer) => (arrived[n] = (arrived[n] ?? 0) + chunk.length));
}

/** Sends until the test ends. */
function send(): void {
  const body = new Blob([new Uint8Array(50_000_000)]);
  const request = { method: "PUT", url, headers: {}, body } as const;
  transport(request, () => {}, ending.signal, bandwidth).catch(() => undefined);
}

/** Measures received bytes per second over so many seconds, in all and of each request. */
async function measure(seconds: number): Promise<{ all: number; each: number[] }> {
  const [before, start] = [[...arrived], performance.now()];
  await new Promise((resolve) => void setTimeout(resolve, seconds * 1000));
  const passed = (performance.now() - start) / 1000;
  const each = arrived.map((bytes, n) => (bytes - (before[n] ?? 0)) / passed);
  return { all: each.reduce((sum, rate) => sum + rate, 0), each };
}

test("four requests share the bandwidth limit equally and follow its changes", async () => {
  bandwidth.bytesPerSecond = 2_000_000;
  for (let n = 0; n < 4; n++) send();
  await measure(0.5);
  const slow = await measure(4);
  expect(Math.abs(slow.all / 2_000_000 - 1)).toBeLessThan(0.1);
  // The system's buffers aren't shared equally.
  for (const rate of slow.each) expect(Math.abs(rate / 500_000 - 1)).toBeLessThan(0.5);
  bandwidth.bytesPerSecond = 6_000_000;
  await measure(0.3);
  const fast = await measure(3);
  expect(Math.abs(fast.all / 6_000_000 - 1)).toBeLessThan(0.1);
});
