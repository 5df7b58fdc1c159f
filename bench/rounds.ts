import { ClientProcess, type Uploaded } from "./client-process.ts";
import { processorMs } from "./processes.ts";
import { type Side, startWorkers, type Stored, type Workers } from "./workers.ts";
import type { RandomFiles, Workload } from "./workloads.ts";

/** Requests in flight, on both sides. */
export const CONCURRENCY = 4;

/** Uploaded first, so that V8 has compiled the Worker and the client. */
export const WARM_UP: RandomFiles = { prefix: "warm-up", files: 200, bytes: 2000 };

/** The upload of one side. */
interface Upload extends Uploaded {
  /** Processor time of workerd. */
  cpuMs: number;
}

/** Both sides with the same files, one after the other. */
export type Round = Record<Side, Upload>;

/**
 * Runs one round in a new workerd with empty buckets.
 *
 * @param first the side that starts. Alternate it, as the second side finds a used workerd.
 * @throws Error if a file is missing from R2
 */
export async function runRound(workload: Workload, first: Side, bundle: string): Promise<Round> {
  const workers = await startWorkers(bundle, workload.route);
  const client = new ClientProcess();
  const files = { prefix: "file", files: workload.files, bytes: workload.bytes };
  const measured = async (side: Side) => {
    const upload = await measure(side, workers, client, files);
    expectStored(side, await workers.stored(side), workload);
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
  { origins, pid }: Workers,
  client: ClientProcess,
  contents: RandomFiles,
): Promise<Upload> {
  const cpuBefore = processorMs(pid);
  const task = { side, origin: origins[side], contents, concurrency: CONCURRENCY };
  const uploaded = await client.upload(task);
  return { ...uploaded, cpuMs: processorMs(pid) - cpuBefore };
}

/**
 * Checks that the files of a workload and of the warm-up are in R2.
 *
 * @throws Error if their number or their size is wrong
 */
export function expectStored(
  side: string,
  stored: Stored,
  { files, bytes }: Pick<Workload, "files" | "bytes">,
): void {
  const allFiles = WARM_UP.files + files;
  const allBytes = WARM_UP.files * WARM_UP.bytes + files * bytes;
  if (stored.files === allFiles && stored.bytes === allBytes) return;
  throw new Error(`${side}: R2 has ${stored.files} files with ${stored.bytes} bytes.`);
}
