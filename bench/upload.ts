// npm run bench [-- ROUNDS]: Tallyman's uploads beside those of a Worker that only calls R2.put.
import { rm } from "node:fs/promises";
import { measureDeclaring } from "./declaring.ts";
import { declaringLine, TABLE_HEAD, tableLine } from "./report.ts";
import { CONCURRENCY, type Round, runRound } from "./rounds.ts";
import { bundleWorker, startWorkers } from "./workers.ts";
import { type Workload, WORKLOADS } from "./workloads.ts";

const rounds = Number(process.argv[2] ?? 5);
const bundle = await bundleWorker();

try {
  console.log(`${rounds} rounds, ${CONCURRENCY} requests in flight, medians\n\n${TABLE_HEAD}`);
  for (const workload of WORKLOADS) console.log(tableLine(workload, await runRounds(workload)));
  console.log(`\n${declaringLine(await declare())}`);
} finally {
  await rm(bundle, { recursive: true });
}

async function runRounds(workload: Workload): Promise<Round[]> {
  const done: Round[] = [];
  while (done.length < rounds) {
    const first = done.length % 2 === 0 ? "bare" : "tallyman";
    done.push(await runRound(workload, first, bundle));
  }
  return done;
}

async function declare() {
  const workers = await startWorkers(bundle);
  const done = [];
  for (let round = 0; round < rounds; round++) {
    done.push(await measureDeclaring(workers.origins.tallyman));
  }
  await workers.stop();
  return done;
}
