import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { anySteps } from "./testing/calls.ts";
import { Pair } from "./testing/pair.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";

const RUNS = 100;
/** So far in the future that no alarm runs by itself. */
const START = Date.UTC(2100, 0);
const seed = Math.trunc(Math.random() * 2 ** 31);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Makes R2 have no multipart upload. */
function loseUploads(): void {
  const gone = (call: string) => () => Promise.reject(r2Error(call, "noSuchUpload"));
  vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementation((key, uploadId) => {
    const calls = { uploadPart: gone("upload"), complete: gone("complete"), abort: gone("abort") };
    return Object.assign(calls, { key, uploadId });
  });
}

test(`the Batch equals its model after every step (seed ${seed})`, async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: START });
  loseUploads();
  const run = fc.asyncProperty(anySteps, async (steps) => {
    // Those of the last run belong to another object.
    vi.clearAllTimers();
    const pair = new Pair();
    for (const step of steps) expect(await pair.perform(step)).toMatchObject(pair.expected);
  });
  await fc.assert(run, { seed, numRuns: RUNS });
});
