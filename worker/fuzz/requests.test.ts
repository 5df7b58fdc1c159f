import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Declared, TestBatch } from "../testing/batch.ts";
import { FILES } from "../testing/doors.ts";
import { PNG } from "../testing/samples.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { CORPUS } from "./corpus.ts";
import { mutant } from "./mutants.ts";
import { type Recording, requestOf } from "./recorded.ts";
import { expectGone, expectSoundAnswer, expectSoundBatch, inTime } from "./sound.ts";

const DECLARED: readonly Declared[] = [
  ...FILES,
  { name: "three.png", size: PNG.length },
  { name: "four.svg", size: 31, type: "image/svg+xml" },
];

/** @returns whether it has deleted the batch */
async function send(batch: TestBatch, recorded: Recording): Promise<boolean> {
  const request = requestOf(recorded, batch);
  if (request === null) return false;
  const answer = await inTime(exports.default.fetch(request), recorded.path);
  await inTime(expectSoundAnswer(answer, request.method), recorded.path);
  return request.method === "DELETE" && answer.status === 204;
}

type Sending = (batch: TestBatch, recordings: readonly Recording[]) => Promise<boolean[]>;

const inTurn: Sending = async (batch, recordings) => {
  const outcomes: boolean[] = [];
  for (const recorded of recordings) outcomes.push(await send(batch, recorded));
  return outcomes;
};

const atOnce: Sending = (batch, recordings) =>
  Promise.all(recordings.map((recorded) => send(batch, recorded)));

test.each([
  ["in turn", inTurn],
  ["at once", atOnce],
])(
  "whatever is sent is answered, and the tally stays true: %s",
  async (how, sendAll) => {
    const some = fc.array(mutant, { minLength: 1, maxLength: 30, size: "max" });
    const options = {
      corpus: CORPUS.map((recorded) => [recorded]),
      countOf: ({ length }: readonly Recording[]) => length,
    };
    const tried = await fuzz(`requests ${how}`, some, options, async (recordings) => {
      const batch = await TestBatch.create(DECLARED, { sealed: false });
      await batch.put(0, "x");
      const isDeleted = (await sendAll(batch, recordings)).includes(true);
      await expect.poll(() => batch.sockets(), { timeout: 10_000 }).toBe(0);
      // What is in memory and what is stored are the same; and nothing of this run is left open.
      const before = await batch.files().catch(() => null);
      await evictDurableObject(env.BATCH.getByName(batch.id));
      if (isDeleted) return expectGone(batch);
      await expectSoundBatch(batch);
      expect(await batch.files()).toEqual(before);
    });
    expect(tried).toBeGreaterThan(0);
  },
  FUZZ_TIMEOUT_MS,
);
