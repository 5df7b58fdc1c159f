import { ClientProcess, type Uploaded } from "./client-process.ts";
import { type House, openHouse, type Side } from "./workers.ts";
import { workerdMs } from "./processes.ts";
import type { Random, Workload } from "./workloads.ts";

/** Requests in flight, on both sides. */
export const LANES = 4;

/** Enough for both Workers to be compiled, and too little to count. */
export const WARM_UP: Random = { prefix: "warm-up", files: 200, bytes: 2000 };

/** One side's upload. */
interface Upload extends Uploaded {
  /** Processor time that workerd took. */
  cpuMs: number;
}

/** Both sides with the same files, one after the other. */
export type Round = Record<Side, Upload>;

/**
 * Runs one round in a workerd of its own, with empty buckets.
 *
 * @param first the side that begins, so that neither always finds what the other has left behind
 * @throws Error when a file is missing from R2 at the end of either side
 */
export async function runRound(workload: Workload, first: Side, bundle: string): Promise<Round> {
  const house = await openHouse(bundle, workload.way);
  const client = new ClientProcess();
  const files = { prefix: "file", files: workload.files, bytes: workload.bytes };
  const measured = async (side: Side) => {
    const upload = await measure(side, house, client, files);
    await verify(side, house, workload);
    return upload;
  };
  try {
    await measure("bare", house, client, WARM_UP);
    await measure("tallyman", house, client, WARM_UP);
    if (first === "bare")
      return { bare: await measured("bare"), tallyman: await measured("tallyman") };
    return { tallyman: await measured("tallyman"), bare: await measured("bare") };
  } finally {
    await client.close();
    await house.stop();
  }
}

async function measure(
  side: Side,
  { origins }: House,
  client: ClientProcess,
  contents: Random,
): Promise<Upload> {
  const cpuBefore = workerdMs();
  const uploaded = await client.upload({ side, origin: origins[side], contents, lanes: LANES });
  return { ...uploaded, cpuMs: workerdMs() - cpuBefore };
}

async function verify(side: Side, house: House, workload: Workload): Promise<void> {
  const { files, bytes } = await house.stored(side);
  const expected = WARM_UP.files * WARM_UP.bytes + workload.files * workload.bytes;
  if (files !== WARM_UP.files + workload.files || bytes !== expected) {
    throw new Error(`${side}: ${files} files with ${bytes} bytes are in R2.`);
  }
}
