// npm run bench:rows [-- DIR]: counts the rows, calls and R2 operations of uploads with this checkout,
// and before it with the checkout in DIR. DIR needs its dependencies and a built page.
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { ROOT } from "../test/support/process-group.ts";
import { ClientProcess } from "./client-process.ts";
import { COUNTS_PATH } from "./counting-worker.js";
import { type Billed, costRatio } from "./costs.ts";
import { rowOf } from "./report.ts";
import { CONCURRENCY } from "./rounds.ts";
import { startLink } from "./routes.ts";
import { bundleWorker, countingOptions, startWorkerd } from "./workers.ts";

const MBIT = 1_000_000;
const WORKLOADS = [
  { name: "490 × 200 KB, 10 Mbit/s", files: 490, bytes: 200_000, bitsPerSecond: 10 * MBIT },
  { name: "20 × 5 MB, 10 Mbit/s", files: 20, bytes: 5_000_000, bitsPerSecond: 10 * MBIT },
  { name: "10,000 × 2 KB", files: 10_000, bytes: 2_000, bitsPerSecond: Infinity },
];
type Workload = (typeof WORKLOADS)[number];

/** Time after an upload in which timers and alarms write their rows. */
const SETTLE_MS = 5000;

const Counts = v.object({
  calls: v.object({
    requests: v.number(),
    batchCalls: v.number(),
    ownerCalls: v.number(),
    r2A: v.number(),
    r2B: v.number(),
  }),
  rows: v.record(v.string(), v.number()),
});

interface Counted extends Billed {
  /** Rows by kind, as text. */
  kinds: string;
}

const [dir] = process.argv.slice(2);
const checkouts = [...(dir === undefined ? [] : [resolve(dir)]), ROOT];

console.log(`checkouts: ${checkouts.join(", ")}`);
console.log(
  "\n| files | rows written | Batch calls | R2 class A | R2 class B | cost, multiple of R2's class A |",
);
console.log("|---|:-:|:-:|:-:|:-:|:-:|");
for (const workload of WORKLOADS) {
  // Both use a link of their own and hardly any processor time, so they don't disturb each other.
  const counted = await Promise.all(checkouts.map((checkout) => countUpload(checkout, workload)));
  console.log(line(workload, counted));
  for (const [index, { kinds }] of counted.entries()) console.error(checkouts[index], kinds);
}

async function countUpload(checkout: string, workload: Workload): Promise<Counted> {
  const bundle = await bundleWorker(checkout);
  const workerd = await startWorkerd([await countingOptions(bundle, checkout)]);
  const { origin } = await workerd.miniflare.ready;
  const link = await startLink(origin, () => workload.bitsPerSecond / 8);
  const client = new ClientProcess();
  try {
    const { ms } = await client.upload({
      side: "tallyman",
      checkout,
      origin: link.origin,
      contents: { prefix: "file", files: workload.files, bytes: workload.bytes },
      concurrency: CONCURRENCY,
    });
    await sleep(SETTLE_MS);
    const response = await fetch(`${origin}${COUNTS_PATH}`);
    return countedOf(v.parse(Counts, await response.json()), ms);
  } finally {
    await client.close();
    await link.close();
    await workerd.stop();
    await rm(bundle, { recursive: true });
  }
}

function countedOf({ calls, rows }: v.InferOutput<typeof Counts>, ms: number): Counted {
  const kinds = Object.entries(rows).toSorted(([, a], [, b]) => b - a);
  return {
    ...calls,
    rowsWritten: kinds.reduce((sum, [, number]) => sum + number, 0),
    objectSeconds: ms / 1000,
    kinds: kinds.map(([kind, number]) => `${kind} ${number}`).join(", "),
  };
}

function line({ name }: Workload, counted: readonly Counted[]): string {
  const cell = (value: (side: Counted) => number | string) => counted.map(value).join(" → ");
  return rowOf([
    name,
    cell(({ rowsWritten }) => rowsWritten),
    cell(({ batchCalls }) => batchCalls),
    cell(({ r2A }) => r2A),
    cell(({ r2B }) => r2B),
    cell((side) => costRatio(side).toFixed(2)),
  ]);
}
