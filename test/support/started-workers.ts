import { rm } from "node:fs/promises";
import { bundleWorker, startWorkers, type Workers } from "../../bench/workers.ts";

/** Starts the Workers of the benches, of which Tallyman is one. @param cleanUp ends them after all tests */
export async function startedWorkers(
  cleanUp: (end: () => Promise<unknown>) => void,
): Promise<Workers> {
  const bundle = await bundleWorker();
  cleanUp(() => rm(bundle, { recursive: true }));
  const workers = await startWorkers(bundle);
  cleanUp(() => workers.stop());
  return workers;
}
