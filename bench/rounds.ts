import { ClientProcess, type Uploaded } from "./client-process.ts";
import { type Workers, startWorkers, type Side } from "./workers.ts";
import { workerdMs } from "./processes.ts";
import type { RandomFiles, Workload } from "./workloads.ts";

/** Requests in flight, on both sides. */
export const CONCURRENCY = 4;

/** Enough for both Workers to be compiled, and too little to count. */
export const WARM_UP: RandomFiles = { prefix: "warm-up", files: 200, bytes: 2000 };

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
  const workers = await startWorkers(bundle, workload.route);
  const client = new ClientProcess();
  const files = { prefix: "file", files: workload.files, bytes: workload.bytes };
  const measured = async (side: Side) => {
    const upload = await measure(side, workers, client, files);
    await verify(side, workers, workload);
    return upload;
  };
  try {
    await measure("bare", workers, client, WARM_UP);
    await measure("tallyman", workers, client, WARM_UP);
    if (first === "bare")
      return { bare: await measured("bare"), tallyman: await measured("tallyman") };
    return { tallyman: await measured("tallyman"), bare: await measured("bare") };
  } finally {
    await client.close();
    await workers.stop();
  }
}

async function measure(
  side: Side,
  { origins }: Workers,
  client: ClientProcess,
  contents: RandomFiles,
): Promise<Upload> {
  const cpuBefore = workerdMs();
  const uploaded = await client.upload({
    side,
    origin: origins[side],
    contents,
    concurrency: CONCURRENCY,
  });
  return { ...uploaded, cpuMs: workerdMs() - cpuBefore };
}

async function verify(side: Side, workers: Workers, workload: Workload): Promise<void> {
  const { files, bytes } = await workers.stored(side);
  const expected = WARM_UP.files * WARM_UP.bytes + workload.files * workload.bytes;
  if (files !== WARM_UP.files + workload.files || bytes !== expected) {
    throw new Error(`${side}: ${files} files with ${bytes} bytes are in R2.`);
  }
}
