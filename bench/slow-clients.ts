// npm run bench:slow: uploads beside clients that are slow, idle, never read, or send far too much.
import { rm } from "node:fs/promises";
import {
  type MisbehavingClients,
  MISBEHAVING_CLIENTS,
} from "../test/support/misbehaving-clients.ts";
import { peakBytes } from "./processes.ts";
import { median, rowOf } from "./report.ts";
import { uploadWatched } from "./tallyman.ts";
import { bundleWorker, startWorkers, type Workers } from "./workers.ts";
import { makeFiles } from "./workloads.ts";

const FILES = 500;
const BYTES = 2000;
const CONCURRENCY = 4;
/** Uploads beside each kind of them. */
const ROUNDS = 3;

const TRIALS: readonly { clients: MisbehavingClients; count: number }[] = [
  { clients: MISBEHAVING_CLIENTS.slowBodies, count: 200 },
  { clients: MISBEHAVING_CLIENTS.idleSockets, count: 1000 },
  { clients: MISBEHAVING_CLIENTS.unreadSockets, count: 100 },
  { clients: MISBEHAVING_CLIENTS.flood, count: 50 },
  { clients: MISBEHAVING_CLIENTS.longestNames, count: 2 },
];

const bundle = await bundleWorker();
try {
  console.log(`${FILES} × 2 KB, ${CONCURRENCY} requests in flight, medians of ${ROUNDS} uploads\n`);
  console.log("| other clients | upload | files/s | workerd's peak memory |");
  console.log("|---|--:|--:|--:|");
  await measureBeside("none", () => Promise.resolve(() => Promise.resolve()));
  for (const { clients, count } of TRIALS) {
    await measureBeside(`${count} × ${clients.name}`, (origin) => clients.start(origin, count));
  }
} finally {
  await rm(bundle, { recursive: true });
}

/** Measures in a new workerd each time, as workerd seldom returns memory to the system. */
async function measureBeside(
  name: string,
  begin: (origin: string) => Promise<() => Promise<void>>,
) {
  const workers = await startWorkers(bundle);
  try {
    const end = await begin(workers.origins.tallyman);
    const times = await upload(workers);
    await end();
    const seconds = median(times) / 1000;
    const megabytes = (peakBytes(workers.pid) / 1e6).toFixed(0);
    const rate = (FILES / seconds).toFixed(0);
    console.log(rowOf([name, `${seconds.toFixed(1)} s`, rate, `${megabytes} MB`]));
  } finally {
    await workers.stop();
  }
}

/** Returns the duration of each upload in ms. */
async function upload({ origins }: Workers): Promise<number[]> {
  const warmUp = makeFiles({ prefix: "warm-up", files: 100, bytes: BYTES });
  await uploadWatched(origins.tallyman, warmUp, CONCURRENCY);
  const times: number[] = [];
  while (times.length < ROUNDS) {
    const files = makeFiles({ prefix: `round-${times.length}`, files: FILES, bytes: BYTES });
    const start = performance.now();
    await uploadWatched(origins.tallyman, files, CONCURRENCY);
    times.push(performance.now() - start);
  }
  return times;
}
