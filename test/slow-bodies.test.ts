import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { type ClientProblem, Uploader } from "../client/index.ts";
import { BatchApi } from "../client/api/batch-api.ts";
import type { CreatedBatch } from "../protocol/index.ts";
import { FORM_TYPE, unclosedBody } from "../worker/testing/multipart.ts";
import { expectTrueTally, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { RawRequest } from "./support/raw-request.ts";
import { type Server, startServer } from "./support/server.ts";

const SIZE = 300_000;
const CONTENT = new Uint8Array(SIZE).fill(7);

/** Requires 100 KB per second, with five seconds of grace. */
let server: Server;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer({
    changes: {
      'BODY_BYTES_PER_SECOND = "512"': 'BODY_BYTES_PER_SECOND = "100000"',
      'BODY_GRACE_SECONDS = "60"': 'BODY_GRACE_SECONDS = "5"',
    },
  });
  cleanUp(() => server.stop());
});

/** Sends a byte every quarter of a second until the response arrives. Returns its status. */
async function trickle(request: RawRequest): Promise<number | null> {
  const isOver = request.status.then(() => true);
  while (!(await Promise.race([isOver, sleep(250, false)]))) await request.send("x");
  return request.status;
}

test("slow bodies are refused with 408, and complete files of a bundle are kept", async () => {
  const batch = await TestBatch.create(server.origin, [SIZE, SIZE, SIZE]);
  const requests = await Promise.all([
    RawRequest.open(batch, "PUT", "/files/0", { "Content-Length": SIZE }),
    RawRequest.open(batch, "POST", "/bundle", {
      "Content-Length": 2 * SIZE + 1000,
      "Content-Type": FORM_TYPE,
    }),
    RawRequest.open(batch, "POST", "/files", { "Content-Length": SIZE }),
  ]);
  const parts = [1, 2].map((name) => ({ name, bytes: CONTENT }));
  await requests[0]?.send(CONTENT.subarray(SIZE / 2));
  await requests[1]?.send(unclosedBody(parts).subarray(0, SIZE + 1000));
  expect(await Promise.all(requests.map(trickle))).toEqual([408, 408, 408]);
  expect(await expectTrueTally(batch)).toMatchObject([
    { state: "queued", attempts: 1 },
    { state: "completed", attempts: 1 },
    { state: "queued", attempts: 1 },
  ]);
});

function apiOf({ id, tokens }: CreatedBatch): BatchApi {
  return new BatchApi(server.origin, id, tokens.write, new AbortController().signal);
}

test("a client that was too slow for a while completes its upload", async () => {
  const uploader = new Uploader({ endpoint: server.origin, bytesPerSecond: 1_000_000 });
  const problems: ClientProblem[] = [];
  uploader.on("problem", (problem) => problems.push(problem));
  const completed = new Promise<number>((resolve) => {
    uploader.on("completed", (summary) => resolve(summary.completed));
  });
  uploader.add([{ name: "a.bin", blob: new Blob([new Uint8Array(8_000_000)]) }]);
  const file = async () => {
    const { created } = uploader;
    return created && (await apiOf(created).files(null)).files[0];
  };
  await expect.poll(file).toMatchObject({ state: "uploading" });
  uploader.bytesPerSecond = 5000;
  await expect.poll(file).toMatchObject({ attempts: 2 });
  uploader.bytesPerSecond = null;
  expect(await completed).toBe(1);
  const { state, attempts } = (await file()) ?? {};
  expect(state).toBe("completed");
  expect(attempts).toBeGreaterThanOrEqual(2);
  expect(problems).toEqual([]);
  uploader.dispose();
});
