import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type TestFile, TestBatch } from "../testing/batch.ts";
import { withAddress } from "../testing/client-address.ts";
import { FILES } from "../testing/route-cases.ts";
import { PNG } from "../testing/samples.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { CORPUS } from "./corpus.ts";
import { mutant } from "./mutations.ts";
import { type Recording, toRequest } from "./recordings.ts";
import {
  expectDeleted,
  expectValidResponse,
  expectConsistentBatch,
  withTimeout,
} from "./expectations.ts";

const DECLARED: readonly TestFile[] = [
  ...FILES,
  { name: "three.png", size: PNG.length },
  { name: "four.svg", size: 31, type: "image/svg+xml" },
];

/** Sends a request. Returns true if it deleted the batch. */
async function send(batch: TestBatch, recorded: Recording): Promise<boolean> {
  const request = toRequest(recorded, batch);
  if (request === null) return false;
  const response = await withTimeout(
    exports.default.fetch(request, withAddress({ headers: request.headers })),
    recorded.path,
  );
  await withTimeout(expectValidResponse(response, request.method), recorded.path);
  return request.method === "DELETE" && response.status === 204;
}

type Sending = (batch: TestBatch, recordings: readonly Recording[]) => Promise<boolean[]>;

const inTurn: Sending = async (batch, recordings) => {
  const outcomes: boolean[] = [];
  for (const recorded of recordings) outcomes.push(await send(batch, recorded));
  return outcomes;
};

const atOnce: Sending = (batch, recordings) =>
  Promise.all(recordings.map((recorded) => send(batch, recorded)));

const some = fc.array(mutant, { minLength: 1, maxLength: 30, size: "max" });
const options = {
  corpus: CORPUS.map((recorded) => [recorded]),
  countOf: ({ length }: readonly Recording[]) => length,
};

/** Sends the requests to a new batch. Returns it, and whether it was deleted. */
async function sendAll(recordings: readonly Recording[], sending: Sending) {
  const batch = await TestBatch.create(DECLARED, { sealed: false });
  await batch.put(0, "x");
  const isDeleted = (await sending(batch, recordings)).includes(true);
  await expect.poll(() => batch.sockets()).toBe(0);
  await (isDeleted ? expectDeleted(batch) : expectConsistentBatch(batch));
  return { batch, isDeleted };
}

describe(
  "edited requests get valid responses, and the tally stays consistent",
  { timeout: FUZZ_TIMEOUT_MS },
  () => {
    test("one after the other, with the same state in memory and in storage", async () => {
      const tried = await fuzz("requests in turn", some, options, async (recordings) => {
        const { batch, isDeleted } = await sendAll(recordings, inTurn);
        if (isDeleted) return;
        const before = await batch.files();
        await evictDurableObject(env.BATCH.getByName(batch.id));
        await expectConsistentBatch(batch);
        expect(await batch.files()).toEqual(before);
      });
      expect(tried).toBeGreaterThan(0);
    });

    test("concurrently", async () => {
      const tried = await fuzz("requests at once", some, options, async (recordings) => {
        await sendAll(recordings, atOnce);
      });
      expect(tried).toBeGreaterThan(0);
    });
  },
);
