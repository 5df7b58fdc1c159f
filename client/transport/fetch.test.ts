import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { openAsBlob } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, test, vi } from "vitest";
import { transport } from "./fetch.ts";

const never = new AbortController().signal;
let server: Server | undefined;

type Call = [request: IncomingMessage, response: ServerResponse];

/** Starts a server. Returns its URL. */
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

test("sends a file from disk with its length, not chunked, and counts its bytes", async () => {
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
  const response = await put(url, await openAsBlob(join(folder, "a.bin")), (n) => counts.push(n));
  expect(headers["content-length"]).toBe("3000000");
  expect(headers["transfer-encoding"]).toBeUndefined();
  expect(headers["x-test"]).toBe("1");
  expect(received.equals(content)).toBe(true);
  expect(response).toMatchObject({ status: 200, body: "thanks" });
  expect(response.headers.get("retry-after")).toBe("7");
  expect(counts.length).toBeGreaterThan(10);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(counts.at(-1)).toBe(3_000_000);
  await rm(folder, { recursive: true });
});

test("sends the length of an empty file", async () => {
  let length: string | undefined;
  const url = await serve((request, response) => {
    length = request.headers["content-length"];
    request.resume().on("end", () => response.end());
  });
  expect(await put(url, new Blob([]))).toMatchObject({ status: 200 });
  expect(length).toBe("0");
});

test("resolves with a response of any status", async () => {
  const url = await serve((request, response) => {
    request.resume().on("end", () => response.writeHead(503).end("worker restarted"));
  });
  expect(await put(url, new Blob(["abc"]))).toMatchObject({
    status: 503,
    body: "worker restarted",
  });
});

test("rejects when the connection is cut, and when there is no server", async () => {
  const url = await serve((request) => request.once("data", () => request.socket.destroy()));
  await expect(put(url, new Blob([new Uint8Array(5_000_000)]))).rejects.toMatchObject({
    code: "connection_failed",
    retryable: true,
  });
  server?.close();
  await expect(put(url, new Blob(["abc"]))).rejects.toMatchObject({ code: "connection_failed" });
});

test("an error of the caller's surfaces, and is not taken for a failed connection", async () => {
  const url = await serve((request, response) => {
    request.resume().on("end", () => response.end("thanks"));
  });
  const uncaught = vi.fn();
  process.once("uncaughtException", uncaught);
  const fail = () => {
    throw new RangeError("a bug");
  };
  expect(await put(url, new Blob(["abc"]), fail)).toMatchObject({ body: "thanks" });
  expect(uncaught.mock.calls).toMatchObject([[{ message: "a bug" }, "uncaughtException"]]);
});

test("counts bytes as the network accepts them, and stops when aborted", async () => {
  const url = await serve((request) => request.pause());
  const controller = new AbortController();
  const size = 60_000_000;
  let sent = 0;
  const response = put(url, new Blob([new Uint8Array(size)]), (n) => (sent = n), controller.signal);
  await expect.poll(() => sent).toBeGreaterThan(0);
  controller.abort(new Error("aborted"));
  await expect(response).rejects.toThrow("aborted");
  expect(sent).toBeLessThan(size);
});
