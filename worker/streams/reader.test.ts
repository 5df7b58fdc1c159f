import { expect, test } from "vitest";
import { BodyReader } from "../http/request-body.ts";
import { noise } from "../testing/samples.ts";
import { ChunkReader } from "./reader.ts";
import { HEAD_BYTES } from "../upload/inspect.ts";

const PIECE = 64 * 1024;

/** A body that comes in pieces, each after so many ms. */
function bodyOf(bytes: Uint8Array, ms: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      if (ms > 0) await scheduler.wait(ms);
      if (sent === bytes.length) return controller.close();
      controller.enqueue(bytes.slice(sent, (sent += PIECE)));
    },
  });
}

/** The lengths of all chunks, once they are found to be the body. */
async function chunkLengths(bytes: Uint8Array, ms: number): Promise<number[]> {
  const chunks = new ChunkReader(new BodyReader(bodyOf(bytes, ms)));
  const lengths: number[] = [];
  let passed = 0;
  for (let chunk = await chunks.next(); chunk.length > 0; chunk = await chunks.next()) {
    expect(chunk).toEqual(bytes.slice(passed, (passed += chunk.length)));
    lengths.push(chunk.length);
  }
  expect(passed).toBe(bytes.length);
  return lengths;
}

test("chunks grow while they come fast", async () => {
  const lengths = await chunkLengths(noise(64 * PIECE), 0);
  expect(lengths[0]).toBeGreaterThanOrEqual(HEAD_BYTES);
  expect(lengths.slice(0, -1)).toEqual(lengths.slice(0, -1).toSorted((a, b) => a - b));
  expect(Math.max(...lengths)).toBeGreaterThanOrEqual(4 * HEAD_BYTES);
});

test("chunks are small while they come slowly: none waits for more than its first bytes", async () => {
  const lengths = await chunkLengths(noise(8 * PIECE), 60);
  expect(lengths).toEqual([2, 2, 2, 2].map((pieces) => pieces * PIECE));
});
