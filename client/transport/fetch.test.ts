import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { openAsBlob } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { transport } from "./fetch.ts";

const never = new AbortController().signal;
let server: Server | undefined;

type Call = [request: IncomingMessage, response: ServerResponse];

/** A real server; the answer is the address it listens on. */
async function serve(listener: (...call: Call) => unknown): Promise<string> {
  const started = createServer((...call) => void listener(...call));
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const address = started.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}/file`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

function put(url: string, body: Blob, onSent: (bytes: number) => void = () => {}, signal = never) {
  return transport({ method: "PUT", url, headers: { "x-test": "1" }, body }, onSent, signal);
}

test("a file from disk goes out with its length, not chunked, and its bytes are counted", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-"));
  const content = randomBytes(3_000_000);
  await writeFile(join(folder, "a.bin"), content);
  let headers: IncomingMessage["headers"] = {};
  let received = Buffer.alloc(0);
  const url = await serve(async (request, response) => {
    headers = request.headers;
    received = await buffer(request);
    response.setHeader("retry-after", "7").end("thanks");
  });
  const counts: number[] = [];
  const answer = await put(url, await openAsBlob(join(folder, "a.bin")), (n) => counts.push(n));
  expect(headers["content-length"]).toBe("3000000");
  expect(headers["transfer-encoding"]).toBeUndefined();
  expect(headers["x-test"]).toBe("1");
  expect(received.equals(content)).toBe(true);
  expect(answer).toMatchObject({ status: 200, body: "thanks" });
  expect(answer.headers.get("retry-after")).toBe("7");
  expect(counts.length).toBeGreaterThan(10);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(counts.at(-1)).toBe(3_000_000);
  await rm(folder, { recursive: true });
});

test("an empty file has a length too", async () => {
  let length: string | undefined;
  const url = await serve((request, response) => {
    length = request.headers["content-length"];
    request.resume().on("end", () => response.end());
  });
  expect(await put(url, new Blob([]))).toMatchObject({ status: 200 });
  expect(length).toBe("0");
});

test("a problem is an answer, not an exception", async () => {
  const url = await serve((request, response) => {
    request.resume().on("end", () => response.writeHead(503).end("worker restarted"));
  });
  expect(await put(url, new Blob(["abc"]))).toMatchObject({
    status: 503,
    body: "worker restarted",
  });
});

test("a connection cut in the middle, and a server that is not there", async () => {
  const url = await serve((request) => request.once("data", () => request.socket.destroy()));
  await expect(put(url, new Blob([new Uint8Array(5_000_000)]))).rejects.toMatchObject({
    code: "connection_failed",
    retryable: true,
  });
  server?.close();
  await expect(put(url, new Blob(["abc"]))).rejects.toMatchObject({ code: "connection_failed" });
});

test("bytes are counted as the network takes them, and an abort ends the request", async () => {
  const url = await serve((request) => request.pause());
  const controller = new AbortController();
  const size = 60_000_000;
  let sent = 0;
  const answer = put(url, new Blob([new Uint8Array(size)]), (n) => (sent = n), controller.signal);
  await expect.poll(() => sent).toBeGreaterThan(0);
  controller.abort(new Error("called off"));
  await expect(answer).rejects.toThrow("called off");
  expect(sent).toBeLessThan(size);
});
