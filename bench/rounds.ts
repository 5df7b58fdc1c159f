import type { Source } from "../client/index.ts";
import { uploadBare } from "./bare.ts";
import type { BatchCallCounter } from "./batch-calls.ts";
import { workerdMs } from "./workerd.ts";
import { type House, openHouse, type Side } from "./house.ts";
import { uploadTallyman } from "./tallyman.ts";
import { makeFiles, type Workload } from "./workloads.ts";

/** Requests in flight, on both sides. */
export const LANES = 4;

/** Enough for both Workers to be compiled, and too little to count. */
const WARM_UP = { files: 200, bytes: 2000 };

/** One side's upload. */
interface Upload {
  ms: number;
  /** Processor time that workerd took. */
  cpuMs: number;
  /** Frames that a watcher was sent. */
  frames: number;
  batchCalls: number;
}

/** Both sides with the same files, one after the other. */
export type Round = Record<Side, Upload>;

/**
 * Runs one round in a workerd of its own, with empty buckets.
 *
 * @param first the side that begins, so that neither always finds what the other has left behind
 * @throws Error when a file is missing from R2 at the end of either side
 */
export async function runRound(
  workload: Workload,
  first: Side,
  bundle: string,
  calls: BatchCallCounter,
): Promise<Round> {
  const house = await openHouse(bundle, workload.roundTripMs);
  const files = makeFiles("file", workload.files, workload.bytes);
  const measured = async (side: Side) => {
    const upload = await measure(side, house, files, calls);
    await verify(side, house, workload);
    return upload;
  };
  try {
    await warmUp(house);
    if (first === "bare")
      return { bare: await measured("bare"), tallyman: await measured("tallyman") };
    return { tallyman: await measured("tallyman"), bare: await measured("bare") };
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
  side: Side,
  { origins }: House,
  files: readonly Source[],
  calls: BatchCallCounter,
): Promise<Upload> {
  const upload = side === "bare" ? uploadBare : uploadTallyman;
  const callsBefore = calls.count;
  const cpuBefore = workerdMs();
  const start = performance.now();
  const frames = await upload(origins[side], files, LANES);
  return {
    ms: performance.now() - start,
    cpuMs: workerdMs() - cpuBefore,
    frames,
    batchCalls: calls.count - callsBefore,
  };
}

async function verify(side: Side, house: House, workload: Workload): Promise<void> {
  const { files, bytes } = await house.stored(side);
  const expected = WARM_UP.files * WARM_UP.bytes + workload.files * workload.bytes;
  if (files !== WARM_UP.files + workload.files || bytes !== expected) {
    throw new Error(`${side}: ${files} files with ${bytes} bytes are in R2.`);
  }
}
