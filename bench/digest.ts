// npm run bench:digest [-- ROUNDS [MB]]: processor time and duration of the check of a declared digest,
// for which an object is read back from R2 and hashed.
import { join } from "node:path";
import { ROOT } from "../test/support/process-group.ts";
import { processorMs } from "./processes.ts";
import { median, rowOf } from "./report.ts";
import { moduleOptions, startWorkerd } from "./workers.ts";

const [rounds = 5, megabytes = 1000] = process.argv.slice(2).map(Number);
const size = megabytes * 1e6;

interface Run {
  ms: number;
  cpuMs: number;
}

const { miniflare, pid, stop } = await startWorkerd([
  {
    ...moduleOptions(join(ROOT, "bench"), "digest-worker.js"),
    name: "digest",
    compatibilityDate: "2026-11-01",
    r2Buckets: { BUCKET: "digest" },
  },
]);

try {
  await call("PUT", new Uint8Array(size));
  const [hashed, readBack]: [Run[], Run[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    hashed.push(await measure("POST"));
    readBack.push(await measure("GET"));
  }
  console.log(`${rounds} rounds of ${megabytes} MB, medians\n`);
  console.log("| work | processor time per GB | duration per GB |");
  console.log("|---|--:|--:|");
  console.log(line("hashed from memory", hashed));
  console.log(line("read back from the simulated R2 and hashed", readBack));
} finally {
  await stop();
}

async function call(method: string, body?: Uint8Array<ArrayBuffer>): Promise<void> {
  const url = new URL(String(size), await miniflare.ready);
  const { status } = await fetch(url, { method, ...(body && { body }) });
  if (status !== 204) throw new Error(`The Worker responded ${status}.`);
}

async function measure(method: string): Promise<Run> {
  const [begin, cpuBegin] = [performance.now(), processorMs(pid)];
  await call(method);
  return { ms: performance.now() - begin, cpuMs: processorMs(pid) - cpuBegin };
}

function line(work: string, runs: readonly Run[]): string {
  const perGigabyte = (figure: keyof Run) =>
    `${(median(runs.map((run) => run[figure])) / 1000 / (size / 1e9)).toFixed(2)} s`;
  return rowOf([work, perGigabyte("cpuMs"), perGigabyte("ms")]);
}
