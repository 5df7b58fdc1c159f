// npm run bench:latency [-- ROUNDS]: 3,000 small files over a network with latency, with the number of
// requests in flight that the client finds by itself, beside one put per request.
import { rm } from "node:fs/promises";
import { ClientProcess } from "./client-process.ts";
import { median, rangeOf, rowOf } from "./report.ts";
import { expectStored, WARM_UP } from "./rounds.ts";
import { startLatencyProxy } from "./routes.ts";
import {
  BARE_PATH,
  bundleWorker,
  countObjects,
  delayedOptions,
  type Side,
  startWorkerd,
} from "./workers.ts";
import type { RandomFiles } from "./workloads.ts";

const FILES = 3000;
const BYTES = 2000;
/** Round trip between the client and the edge. */
const ROUND_TRIP_MS = 100;
/** Times after which R2 responds, and the goals for each. */
const R2 = [
  { delayMs: 60, goals: { hundred: 1.2, six: 15 } },
  { delayMs: 200, goals: { hundred: 1.3, six: 20 } },
];
/** Six connections take minutes for all files, and the same time for each. */
const FILES_ON_SIX = 300;
/** More than Tallyman's client ever uses. */
const UNLIMITED = 1000;

/** Files per second of each client, and Tallyman's requests in flight over time. */
interface Round {
  tallyman: number;
  hundred: number;
  six: number;
  inFlight: readonly number[];
}

const rounds = Number(process.argv[2] ?? 3);
const bundle = await bundleWorker();
try {
  console.log(`${rounds} rounds, ${FILES} × ${BYTES} bytes, the edge ${ROUND_TRIP_MS} ms away\n`);
  console.log(
    "| R2, ms | Tallyman, files/s | a hundred puts, files/s | ratio | goal | all rounds | six puts, files/s | ratio | goal | all rounds |",
  );
  console.log("|--:|--:|--:|--:|--:|:-:|--:|--:|--:|:-:|");
  const timelines: string[] = [];
  for (const { delayMs, goals } of R2) {
    const done: Round[] = [];
    while (done.length < rounds) done.push(await runRound(delayMs, done.length));
    console.log(line(delayMs, goals, done));
    timelines.push(...done.map(({ inFlight }) => `R2 ${delayMs} ms: ${inFlight.join(" ")}`));
  }
  console.log("\nTallyman's requests in flight, the most in each quarter of a second:\n");
  for (const timeline of timelines) console.log(`- ${timeline}`);
} finally {
  await rm(bundle, { recursive: true });
}

/** Runs all clients one after the other in a new workerd. The one that starts alternates. */
async function runRound(r2DelayMs: number, round: number): Promise<Round> {
  const workerd = await startWorkerd(await delayedOptions(bundle, r2DelayMs));
  const proxy = await startLatencyProxy((await workerd.miniflare.ready).origin, ROUND_TRIP_MS);
  const client = new ClientProcess();
  try {
    const send = (side: Side, contents: RandomFiles, concurrency: number) => {
      const origin = side === "bare" ? `${proxy.origin}${BARE_PATH}` : proxy.origin;
      return client.upload({ side, origin, contents, concurrency });
    };
    for (const side of ["bare", "tallyman"] as const) await send(side, WARM_UP, UNLIMITED);
    const all = { prefix: "file", files: FILES, bytes: BYTES };
    const hundredFirst = round % 2 === 0 ? null : await send("bare", all, 100);
    const tallyman = await send("tallyman", all, UNLIMITED);
    const hundred = hundredFirst ?? (await send("bare", all, 100));
    const few = { prefix: "on-six", files: FILES_ON_SIX, bytes: BYTES };
    const six = await send("bare", few, 6);
    const stored = await countObjects(workerd.miniflare, "tallyman");
    expectStored("tallyman", stored, { files: FILES, bytes: BYTES });
    return {
      tallyman: (FILES / tallyman.ms) * 1000,
      hundred: (FILES / hundred.ms) * 1000,
      six: (FILES_ON_SIX / six.ms) * 1000,
      inFlight: tallyman.inFlight,
    };
  } finally {
    await client.close();
    await proxy.close();
    await workerd.stop();
  }
}

function line(
  delayMs: number,
  goals: (typeof R2)[number]["goals"],
  done: readonly Round[],
): string {
  const speed = (side: "tallyman" | "hundred" | "six") =>
    median(done.map((round) => round[side])).toPrecision(3);
  const beside = (side: "hundred" | "six") => {
    const ratios = done.map((round) => round.tallyman / round[side]);
    return [median(ratios).toFixed(2), goals[side].toFixed(1), rangeOf(ratios)];
  };
  return rowOf([
    delayMs,
    speed("tallyman"),
    speed("hundred"),
    ...beside("hundred"),
    speed("six"),
    ...beside("six"),
  ]);
}
