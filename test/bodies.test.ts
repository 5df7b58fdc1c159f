import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { type FileResource, LIMITS } from "../protocol/index.ts";
import { expectTrueTally, readProblem, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { RawRequest } from "./support/raw-request.ts";
import { type Server, startServer } from "./support/server.ts";

const SIZE = 300_000;
const bytes = new Uint8Array(SIZE).fill(7);
const CHUNKED = { "Transfer-Encoding": "chunked" };

let server: Server;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
});

/** Returns bytes as chunks of a body, without the last chunk, which is empty. */
function chunked(content: Uint8Array, chunkBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let start = 0; start < content.length; start += chunkBytes) {
    const chunk = content.subarray(start, start + chunkBytes);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), Buffer.from(chunk));
    chunks.push(Buffer.from("\r\n"));
  }
  return Buffer.concat(chunks);
}

const END = "0\r\n\r\n";

/** Waits until the batch's first file passes the check. */
async function fileWhen(batch: TestBatch, check: (file: FileResource) => boolean) {
  await expect.poll(async () => check(await batch.file(0))).toBe(true);
  const [file] = await expectTrueTally(batch);
  return file;
}

/** Sends a body of unknown length with `node:http`, as axios, got, superagent and node-fetch do. */
async function pipe(batch: TestBatch, body: Readable, path = "/files/0") {
  const request = httpRequest(`${batch.origin}${batch.path}${path}`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${batch.created.tokens.write}` },
  });
  // The server ends the connection of a body that it does not read to its end.
  request.on("error", () => undefined);
  body.on("error", () => undefined).pipe(request);
  const response = await new Promise<Readable & { statusCode?: number }>((resolve, reject) => {
    request.once("response", resolve).once("close", () => reject(new Error("No response")));
  });
  // Otherwise a body without an end would be sent on. curl and Go's client stop as well.
  body.unpipe(request);
  const answer: unknown = JSON.parse(await text(response));
  request.destroy();
  return { status: response.statusCode, answer };
}

/** Sends a `PUT` without a body as HTTP/1.0. Returns the start of the response. */
async function putWithHttp10(batch: TestBatch, path: string): Promise<string> {
  const { hostname, port } = new URL(batch.origin);
  const socket = connect(Number(port), hostname);
  const { tokens } = batch.created;
  const start = [`PUT ${batch.path}${path} HTTP/1.0`, `Host: ${hostname}`];
  const lines = [...start, `Authorization: Bearer ${tokens.write}`];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const [response]: unknown[] = await once(socket, "data");
  socket.destroy();
  return String(response);
}

function* endless() {
  for (;;) yield Buffer.from(bytes);
}

describe("a file without a length is stored", () => {
  test.each([
    ["in one chunk", SIZE, {}],
    ["in many chunks", 1000, {}],
    ["with a Content-Length of 0", SIZE, { "Content-Length": 0 }],
  ])("%s", async (_, chunkBytes, headers) => {
    const batch = await TestBatch.create(server.origin, [SIZE]);
    const request = await RawRequest.open(batch, "PUT", "/files/0", { ...CHUNKED, ...headers });
    await request.send(chunked(bytes, chunkBytes));
    await request.send(END);
    expect(await request.status).toBe(200);
    expect(await expectTrueTally(batch)).toMatchObject([{ state: "completed", attempts: 1 }]);
  });

  test("byte by byte", async () => {
    const batch = await TestBatch.create(server.origin, [5]);
    const request = await RawRequest.open(batch, "PUT", "/files/0", CHUNKED);
    const body = Buffer.concat([chunked(bytes.subarray(0, 5), 1), Buffer.from(END)]);
    for (const byte of body) {
      await request.send(Uint8Array.of(byte));
      await setImmediate();
    }
    expect(await request.status).toBe(200);
  });

  test("if it is empty", async () => {
    const batch = await TestBatch.create(server.origin, [0, 0, 0]);
    const streamed = await RawRequest.open(batch, "PUT", "/files/0", CHUNKED);
    await streamed.send(END);
    expect(await streamed.status).toBe(200);
    const bare = await RawRequest.open(batch, "PUT", "/files/1", {});
    expect(await bare.status).toBe(200);
    expect(await putWithHttp10(batch, "/files/2")).toMatch(/^HTTP\/1\.[01] 200 /u);
    await batch.seal();
    expect(await batch.status()).toMatchObject({ state: "completed", totals: { completed: 3 } });
  });

  test("by fetch() with a stream", async () => {
    const batch = await TestBatch.create(server.origin, [SIZE]);
    const init: RequestInit & { duplex: "half" } = {
      method: "PUT",
      body: new Blob([bytes]).stream(),
      duplex: "half",
    };
    const response = await batch.call("/files/0", init);
    expect(await response.json()).toMatchObject({ state: "completed", receivedBytes: SIZE });
  });

  test("by a stream of Node", async () => {
    const batch = await TestBatch.create(server.origin, [SIZE, 0, LIMITS.partBytes + 1]);
    const send = async (content: Uint8Array, path: string) =>
      (await pipe(batch, Readable.from([Buffer.from(content)]), path)).status;
    expect(await send(bytes, "/files/0")).toBe(200);
    expect(await send(new Uint8Array(), "/files/1")).toBe(200);
    expect(await send(bytes.subarray(0, 1), "/files/2/parts/2")).toBe(200);
    expect(await send(new Uint8Array(LIMITS.partBytes), "/files/2/parts/1")).toBe(200);
    expect((await batch.status()).totals).toMatchObject({ files: 3, completed: 3 });
  });
});

describe("a call that needs no body takes", () => {
  test.each([
    ["an empty body in chunks", CHUNKED, END],
    ["an empty body of JSON in chunks", { ...CHUNKED, "Content-Type": "application/json" }, END],
    ["a body of length 0", { "Content-Length": 0 }, ""],
    ["no body", {}, ""],
  ])("%s", async (_, headers, body) => {
    const batch = await TestBatch.create(server.origin, [1]);
    const status = async (method: string, path: string) => {
      const request = await RawRequest.open(batch, method, path, headers);
      await request.send(body);
      return request.status;
    };
    expect(await status("POST", "/retry")).toBe(200);
    expect(await status("POST", "/pause")).toBe(200);
    expect(await status("POST", "/resume")).toBe(200);
    expect(await status("POST", "/tokens")).toBe(200);
    expect(await status("GET", "")).toBe(200);
    expect(await status("DELETE", "/files/0")).toBe(200);
    expect(await status("POST", "/cancel")).toBe(200);
    expect(await status("DELETE", "")).toBe(204);
  });
});

test("a client that waits for 100 Continue gets it, and sends its body", async () => {
  const batch = await TestBatch.create(server.origin, [SIZE]);
  const url = `${batch.origin}${batch.path}/files/0`;
  const headers = {
    Authorization: `Bearer ${batch.created.tokens.write}`,
    Expect: "100-continue",
    "Content-Length": SIZE,
  };
  const request = httpRequest(url, { method: "PUT", headers });
  request.flushHeaders();
  await once(request, "continue");
  const responding = once(request, "response");
  request.end(bytes);
  expect(await responding).toMatchObject([{ statusCode: 200 }]);
  expect(await expectTrueTally(batch)).toMatchObject([{ state: "completed" }]);
});

describe("a body of another length than declared", () => {
  test.each([0, SIZE - 1, SIZE + 1])("is a size_mismatch: %d bytes", async (sent) => {
    const batch = await TestBatch.create(server.origin, [SIZE]);
    const content = new Uint8Array(sent);
    const { status, answer } = await pipe(batch, Readable.from([Buffer.from(content)]));
    expect([status, answer]).toMatchObject([422, { code: "size_mismatch" }]);
    const [file] = await expectTrueTally(batch);
    expect(file).toMatchObject({ state: "failed", error: { retryable: true } });
    const healed = await pipe(batch, Readable.from([Buffer.from(bytes)]));
    expect(healed).toMatchObject({ status: 200, answer: { state: "completed" } });
  });

  test("is answered before its end, if it has none", async () => {
    const batch = await TestBatch.create(server.origin, [4]);
    const { status, answer } = await pipe(batch, Readable.from(endless()));
    expect([status, answer]).toMatchObject([422, { code: "size_mismatch" }]);
    expect(await expectTrueTally(batch)).toMatchObject([{ state: "failed" }]);
  });

  test("is answered to a client that reads nothing before it has sent all", async () => {
    const batch = await TestBatch.create(server.origin, [4]);
    const request = await RawRequest.open(batch, "PUT", "/files/0", CHUNKED);
    request.stopReading();
    for (let sent = 0; sent < 100; sent++) await request.send(chunked(bytes, SIZE));
    await request.send(END);
    request.continueReading();
    expect(await request.status).toBe(422);
  });
});

describe("a body over the limit of one request", () => {
  const TOO_MUCH = LIMITS.bodyBytes + 1;

  test("is refused before it is read", async () => {
    const batch = await TestBatch.create(server.origin, [TOO_MUCH]);
    const headers = { "Content-Length": TOO_MUCH };
    const request = await RawRequest.open(batch, "PUT", "/files/0", headers);
    await request.send(bytes);
    expect(await request.status).toBe(413);
    expect(await expectTrueTally(batch)).toMatchObject([{ state: "queued", attempts: 0 }]);
  });

  test("is refused to a client that reads nothing before it has sent all", async () => {
    const batch = await TestBatch.create(server.origin, [TOO_MUCH]);
    const body = new Uint8Array(TOO_MUCH);
    const response = await batch.call("/files/0", { method: "PUT", body });
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "too_large" });
    expect(await expectTrueTally(batch)).toMatchObject([{ state: "queued", attempts: 0 }]);
  });
});

test("a chunked body that breaks off queues its file again", async () => {
  const batch = await TestBatch.create(server.origin, [SIZE]);
  const request = await RawRequest.open(batch, "PUT", "/files/0", CHUNKED);
  await request.send(chunked(bytes.subarray(0, 1000), 500));
  await fileWhen(batch, ({ receivedBytes }) => receivedBytes > 0);
  request.cut();
  const file = await fileWhen(batch, ({ state }) => state !== "uploading");
  expect(file).toMatchObject({ state: "queued", receivedBytes: 0, attempts: 1 });
});
