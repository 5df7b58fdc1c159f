import { connect, type Socket } from "node:net";
import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Workers } from "../bench/workers.ts";
import { peakBytes } from "../bench/processes.ts";
import { applyEdits, type Edit, someEdits } from "../worker/fuzz/edits.ts";
import { concat, FORM_TYPE, formBody, utf8 } from "../worker/testing/multipart.ts";
import { expectTrueTally, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { startedWorkers } from "./support/started-workers.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? 1);
/** Connections in all, and at the same time. */
const CONNECTIONS = Number(process.env["FUZZ_CONNECTIONS"] ?? 1500);
const AT_A_TIME = 100;
/** Limit of the growth of the server's memory after the first third of the connections. */
const GROWTH_BYTES = 100e6;
/** Silence after which a connection is closed. */
const SILENCE_MS = 500;

let workers: Workers;
let batch: TestBatch;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  workers = await startedWorkers(cleanUp);
  batch = await TestBatch.create(workers.origins.tallyman, [1, 1, 1]);
});

/** Returns complete requests as bytes, one of them for a WebSocket with two frames. */
function recordings(): Uint8Array[] {
  const { created, origin } = batch;
  const head = (line: string, ...headers: string[]) =>
    [`${line} HTTP/1.1`, `Host: ${new URL(origin).host}`, ...headers, "\r\n"].join("\r\n");
  const auth = `Authorization: Bearer ${created.tokens.write}`;
  const form = formBody([{ name: 1, bytes: "x", filename: "x" }]);
  const length = (bytes: number) => `Content-Length: ${bytes}`;
  const socket = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  const self = batch.path;
  // Masked with zeros: a text frame of four characters, and an empty ping.
  const frames = Uint8Array.of(
    0x81,
    0x84,
    0,
    0,
    0,
    0,
    0x70,
    0x69,
    0x6e,
    0x67,
    0x89,
    0x80,
    0,
    0,
    0,
    0,
  );
  return [
    utf8(head(`GET ${self}/files?since=0`, auth)),
    concat([utf8(head(`PUT ${self}/files/0`, auth, length(1))), utf8("x")]),
    concat([
      utf8(head(`POST ${self}/bundle`, auth, `Content-Type: ${FORM_TYPE}`, length(form.length))),
      form,
    ]),
    utf8(`${head(`POST ${self}/retry`, auth, "Transfer-Encoding: chunked")}2\r\n{}\r\n0\r\n\r\n`),
    concat([utf8(head(`GET ${self}/live`, auth, ...socket, key)), frames]),
  ];
}

/** Sends the bytes. Returns everything received until the connection is silent or closed. */
function exchange(bytes: Uint8Array): Promise<string> {
  const { hostname, port } = new URL(batch.origin);
  const socket = connect(Number(port), hostname);
  const received: Buffer[] = [];
  socket.on("error", () => undefined).on("data", (data) => received.push(data));
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  socket.write(bytes);
  return closing(socket).then(() => Buffer.concat(received).toString("latin1"));
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

test("after mutated requests the server still responds, without growing", async () => {
  console.log(`FUZZ_SEED=${seed}: ${CONNECTIONS} connections`);
  const kinds = recordings();
  const some = fc.tuple(fc.nat(kinds.length - 1), someEdits);
  const cases = fc.sample(some, { seed, numRuns: CONNECTIONS });
  let early = 0;
  const send = async ([kind, edits]: [number, readonly Edit[]]) => {
    const response = await exchange(applyEdits(kinds[kind] ?? new Uint8Array(), edits));
    // workerd itself responds 501 to unknown methods.
    expect(response).not.toMatch(/^HTTP\/1\.1 5(?!01)/mu);
  };
  for (let at = 0; at < cases.length; at += AT_A_TIME) {
    await Promise.all(cases.slice(at, at + AT_A_TIME).map(send));
    if (at < cases.length / 3) early = peakBytes(workers.pid);
  }
  await expectTrueTally(batch);
  // NaN on other systems than Linux.
  const grown = peakBytes(workers.pid) - early;
  console.log(`workerd: ${early / 1e6} MB, and ${grown / 1e6} MB more at the end`);
  expect(grown > GROWTH_BYTES).toBe(false);
});
