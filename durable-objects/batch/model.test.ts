import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { anyLife } from "./testing/calls.ts";
import { Pair } from "./testing/pair.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";

const LIVES = 100;
/** So late that no alarm rings by itself. */
const BEGIN = Date.UTC(2100, 0);
const seed = Math.trunc(Math.random() * 2 ** 31);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** R2 as it is when it has lost every multipart upload. */
function loseUploads(): void {
  const gone = (call: string) => () => Promise.reject(r2Error(call, "noSuchUpload"));
  vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementation((key, uploadId) => {
    const calls = { uploadPart: gone("upload"), complete: gone("complete"), abort: gone("abort") };
    return Object.assign(calls, { key, uploadId });
  });
}

test(`a batch is its tally, whatever befalls it (seed ${seed})`, async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: BEGIN });
  loseUploads();
  const run = fc.asyncProperty(anyLife, async (steps) => {
    const pair = new Pair();
    for (const step of steps) expect(await pair.live(step)).toMatchObject(pair.expected);
  });
  await fc.assert(run, { seed, numRuns: LIVES });
});
