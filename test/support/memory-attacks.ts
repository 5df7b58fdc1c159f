import { LIMITS, MIB } from "../../protocol/index.ts";
import { FORM_TYPE, unclosedBody, utf8 } from "../../worker/testing/multipart.ts";
import { TestBatch } from "./batch.ts";
import { RawRequest } from "./raw-request.ts";

/** Requests that make the Worker hold as much memory as it allows. */
export interface MemoryAttack {
  name: string;
  requests: number;
  /** Requests that an isolate's memory has room for, if each holds the same. */
  room?: number;
  /** Opens a request and sends all of its body but the end. */
  open: (batch: TestBatch, index: number) => Promise<RawRequest>;
}

/** Content that cannot be compressed by sharing pages of zeros. */
const CONTENT = new Uint8Array(8 * MIB).fill(7);

async function send(opening: Promise<RawRequest>, body: Uint8Array | string): Promise<RawRequest> {
  const request = await opening;
  await request.send(body);
  return request;
}

function openForm(batch: TestBatch, path: string, body: Uint8Array): Promise<RawRequest> {
  const headers = { "Content-Type": FORM_TYPE, "Content-Length": body.length + 1000 };
  return send(RawRequest.open(batch, "POST", path, headers), body);
}

function openJson(batch: TestBatch, body: Uint8Array): Promise<RawRequest> {
  const headers = { "Content-Length": body.length + 1 };
  return send(RawRequest.open(batch, "POST", "/files", headers), body);
}

/** One character that is not Latin-1 doubles the memory of the whole text. */
const TEXT = utf8(`{"files":[{"name":"日${"x".repeat(LIMITS.declareBytes)}`);

export const MEMORY_ATTACKS: readonly MemoryAttack[] = [
  {
    name: "JSON without its end",
    // 4 MiB of JSON count as 16 MiB.
    room: 2,
    requests: 40,
    open: (batch) => openJson(batch, TEXT.subarray(0, LIMITS.declareBytes - 1)),
  },
  {
    name: "bundles whose file lacks its last bytes",
    requests: 40,
    room: 5,
    open: (batch, index) => {
      const bytes = CONTENT.subarray(0, 8 * MIB - 100);
      return openForm(batch, "/bundle", unclosedBody([{ name: index, bytes }]));
    },
  },
  {
    name: "forms whose file lacks its last bytes",
    requests: 40,
    room: 5,
    open: (batch) => {
      const part = { name: "f", filename: "f", bytes: CONTENT.subarray(0, 8 * MIB - 100) };
      return openForm(batch, "/v1/upload", unclosedBody([part]));
    },
  },
  {
    name: "files that stop after a fast start",
    requests: 120,
    open: (batch, index) => {
      const length = { "Content-Length": 8 * MIB };
      const opening = RawRequest.open(batch, "PUT", `/files/${index}`, length);
      return send(opening, CONTENT.subarray(0, 6 * MIB));
    },
  },
  {
    name: "refused requests with slow bodies",
    requests: 1000,
    open: (batch, index) => {
      const headers = { "Content-Length": MIB, Authorization: "Bearer none" };
      return send(RawRequest.open(batch, "PUT", `/files/${index}`, headers), "x");
    },
  },
];

/** Declares the files that the attacks send. */
export function createTarget(origin: string): Promise<TestBatch> {
  const files = Math.max(...MEMORY_ATTACKS.map(({ requests }) => requests));
  return TestBatch.create(
    origin,
    Array.from({ length: files }, () => 8 * MIB),
  );
}
