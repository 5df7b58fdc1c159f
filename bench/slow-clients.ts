// npm run bench:slow: how an upload fares while other clients are slow, silent, deaf, or far too many.
import { rm } from "node:fs/promises";
import { type Nuisance, NUISANCES } from "../test/support/nuisances.ts";
import { bundleWorker, type Workers, startWorkers } from "./workers.ts";
import { median } from "./report.ts";
import { uploadTallyman } from "./tallyman.ts";
import { workerdPeakBytes } from "./processes.ts";
import { makeFiles } from "./workloads.ts";

const FILES = 500;
const BYTES = 2000;
const LANES = 4;
/** Uploads beside each nuisance. */
const ROUNDS = 3;

const TRIALS: readonly { nuisance: Nuisance; times: number }[] = [
  { nuisance: NUISANCES.slowBodies, times: 200 },
  { nuisance: NUISANCES.idleSockets, times: 1000 },
  { nuisance: NUISANCES.deafSockets, times: 100 },
  { nuisance: NUISANCES.flood, times: 50 },
  { nuisance: NUISANCES.longestNames, times: 2 },
];

const bundle = await bundleWorker();
try {
  console.log(`${FILES} × 2 KB, ${LANES} requests in flight, medians of ${ROUNDS} uploads\n`);
  console.log("| beside | upload | files/s | workerd's memory at most |");
  console.log("|---|--:|--:|--:|");
  await besideClients("nobody", () => Promise.resolve(() => Promise.resolve()));
  for (const { nuisance, times } of TRIALS) {
    await besideClients(`${times} × ${nuisance.name}`, (origin) => nuisance.begin(origin, times));
  }
} finally {
  await rm(bundle, { recursive: true });
}

/** In a workerd of its own: memory that was once taken is seldom given back. */
async function besideClients(
  name: string,
  begin: (origin: string) => Promise<() => Promise<void>>,
) {
  const workers = await startWorkers(bundle);
  try {
    const end = await begin(workers.origins.tallyman);
    const times = await uploads(workers);
    await end();
    const seconds = median(times) / 1000;
    const megabytes = (workerdPeakBytes() / 1e6).toFixed(0);
    const rate = (FILES / seconds).toFixed(0);
    console.log(`| ${name} | ${seconds.toFixed(1)} s | ${rate} | ${megabytes} MB |`);
  } finally {
    await workers.stop();
  }
}

async function uploads({ origins }: Workers): Promise<number[]> {
  await uploadTallyman(
    origins.tallyman,
    makeFiles({ prefix: "warm-up", files: 100, bytes: BYTES }),
    LANES,
  );
  const times: number[] = [];
  while (times.length < ROUNDS) {
    const files = makeFiles({ prefix: `round-${times.length}`, files: FILES, bytes: BYTES });
    const begun = performance.now();
    await uploadTallyman(origins.tallyman, files, LANES);
    times.push(performance.now() - begun);
  }
  return times;
}
