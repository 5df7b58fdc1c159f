import { request } from "node:http";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { beforeAll, expect, test } from "vitest";
import { TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { startServer } from "./support/server.ts";

const TEXT = "text that a proxy would compress ".repeat(100);
const cleanUp = cleanUpAfterAll();
let batch: TestBatch;

beforeAll(async () => {
  const server = await startServer();
  cleanUp(() => server.stop());
  batch = await TestBatch.create(server.origin, [
    { name: "a.txt", size: TEXT.length, type: "text/plain" },
  ]);
  await batch.put(0, TEXT);
});

/** Sends a request that `fetch` would not: it decodes responses and hides their length. */
async function download(
  method: string,
  headers: Record<string, string>,
): Promise<{ response: IncomingMessage; body: string }> {
  const { id, tokens } = batch.created;
  const url = `${batch.origin}/v1/batches/${id}/files/0/content?token=${tokens.read}`;
  const sent = request(url, { method, headers: { "Accept-Encoding": "gzip, br", ...headers } });
  sent.end();
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (!response) throw new Error("The request has no response.");
  return { response, body: await text(response) };
}

test.each([
  ["GET", {}, 200, TEXT],
  ["GET", { Range: "bytes=5-8" }, 206, TEXT.slice(5, 9)],
  ["HEAD", {}, 200, ""],
])("%s with %o is not compressed and has its length", async (method, headers, status, expected) => {
  const { response, body } = await download(method, headers);
  expect([response.statusCode, body]).toEqual([status, expected]);
  const length = method === "HEAD" ? TEXT.length : expected.length;
  expect(response.headers).toMatchObject({
    "content-encoding": "identity",
    "content-length": String(length),
    etag: expect.stringMatching(/^"/u),
  });
});
