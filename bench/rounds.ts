import { uploadBare } from "./bare.ts";
import type { BatchCallCounter } from "./batch-calls.ts";
import { type House, openHouse, type Side } from "./house.ts";
import { uploadTallyman } from "./tallyman.ts";
import { makeFiles, type Workload } from "./workloads.ts";

/** Requests in flight, on both sides. */
export const LANES = 4;

/** Enough for both Workers to be compiled, and too little to count. */
const WARM_UP = { files: 200, bytes: 2000 };

/** Both sides with the same files, one after the other. */
export interface Round {
  bareMs: number;
  tallymanMs: number;
  frames: number;
  batchCalls: number;
}

/**
 * Runs one round in a workerd of its own, with empty buckets.
 * @param first the side that begins, so that neither always has what the other leaves behind
 * @throws Error when a file is missing from R2 at the end of either side
 */
export async function runRound(
  workload: Workload,
  first: Side,
  bundle: string,
  calls: BatchCallCounter,
): Promise<Round> {
  const house = await openHouse(bundle);
  try {
    await warmUp(house);
    return await measure(workload, first, house, calls);
  } finally {
    await house.stop();
  }
}

async function warmUp({ origins }: House): Promise<void> {
  const files = makeFiles("warm-up", WARM_UP.files, WARM_UP.bytes);
  await uploadBare(origins.bare, files, LANES);
  await uploadTallyman(origins.tallyman, files, LANES);
}

async function measure(
  workload: Workload,
  first: Side,
  house: House,
  calls: BatchCallCounter,
): Promise<Round> {
  const files = makeFiles("file", workload.files, workload.bytes);
  const round = { bareMs: 0, tallymanMs: 0, frames: 0, batchCalls: -calls.count };
  const { origins } = house;
  const sides = {
    bare: async () => {
      round.bareMs = await timed(() => uploadBare(origins.bare, files, LANES));
    },
    tallyman: async () => {
      const upload = async () => {
        round.frames = await uploadTallyman(origins.tallyman, files, LANES);
      };
      round.tallymanMs = await timed(upload);
    },
  };
  for (const side of order) {
    await sides[side]();
    await verify(workload, house, side);
  }
  round.batchCalls += calls.count;
  return round;
}

async function verify(workload: Workload, house: House, side: Side): Promise<void> {
  const { files, bytes } = await house.stored(side);
  const expected = WARM_UP.files * WARM_UP.bytes + workload.files * workload.bytes;
  if (files !== WARM_UP.files + workload.files || bytes !== expected) {
    throw new Error(`${side}: ${files} files with ${bytes} bytes are in R2.`);
  }
}
