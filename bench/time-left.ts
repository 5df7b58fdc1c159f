// npm run bench:time-left: the time left that the page shows, beside the actual one, over slow lines.
import { rm } from "node:fs/promises";
import type { Source } from "../client/index.ts";
import { absoluteErrors, quantile } from "../site/batch/testing/estimate-errors.ts";
import { RATE_S, recordUpload, type Sample } from "./recorded-upload.ts";
import { rowOf } from "./report.ts";
import { bundleWorker, startWorkers } from "./workers.ts";
import { makeFiles } from "./workloads.ts";

const STEADY = 625_000;
/** Seconds that the estimate may take to follow a change. */
const SETTLED_S = 20;
/** Seconds between two lines of the printed series. */
const PRINTED_S = 10;

interface Workload {
  name: string;
  files: () => Source[];
  /** The `rates` of `recordUpload`. */
  rates: readonly number[];
}

interface Measured {
  workload: Workload;
  samples: readonly Sample[];
}

const photos = () => makeFiles({ prefix: "photo", files: 490, bytes: 200_000 });
const large = (files: number, bytes: number) => makeFiles({ prefix: "large", files, bytes });
const small = () => makeFiles({ prefix: "small", files: 600, bytes: 2000 });

const WORKLOADS: readonly Workload[] = [
  { name: "490 × 200 KB", files: photos, rates: [STEADY] },
  { name: "one file of 60 MB", files: () => large(1, 60_000_000), rates: [STEADY] },
  {
    name: "3 × 12 MB and 600 × 2 KB",
    files: () => [...large(3, 12_000_000), ...small()],
    rates: [STEADY],
  },
  {
    name: "490 × 200 KB, the line changes",
    files: photos,
    rates: [STEADY, 200_000, 1_200_000],
  },
];

const bundle = await bundleWorker();
const workers = await startWorkers(bundle);
try {
  // Each has a line of its own and hardly needs the processor, so they don't disturb each other.
  const measured = await Promise.all(
    WORKLOADS.map(async (workload) => ({ workload, samples: await record(workload) })),
  );
  for (const { workload, samples } of measured) printSeries(workload, samples);
  printErrors(measured);
} finally {
  await workers.stop();
  await rm(bundle, { recursive: true });
}

function record({ files, rates }: Workload): Promise<Sample[]> {
  return recordUpload(workers.origins.tallyman, files(), rates);
}

function printSeries({ name }: Workload, samples: readonly Sample[]): void {
  const end = samples.at(-1)?.at ?? 0;
  console.log(`\n${name}\n`);
  console.log("| s | line, kB/s | left, MB | speed, kB/s | time left | viewer's | actual |");
  console.log("|--:|--:|--:|--:|--:|--:|--:|");
  let printed = 0;
  for (const { at, rate, bytesLeft, speed, shown, viewed } of samples) {
    if (at < printed + PRINTED_S) continue;
    printed = Math.floor(at / PRINTED_S) * PRINTED_S;
    const figures = [at, rate / 1000, bytesLeft / 1e6, (speed ?? 0) / 1000].map((n) =>
      n.toFixed(0),
    );
    console.log(rowOf([...figures, shown ?? "–", viewed ?? "–", (end - at).toFixed(0)]));
  }
}

/** Prints the errors over constant lines by the actual end, and over others by the line's rate. */
function printErrors(measured: readonly Measured[]): void {
  console.log("\n| files | duration | median error | 90 % | viewer's median | viewer's 90 % |");
  console.log("|---|--:|--:|--:|--:|--:|");
  for (const { workload, samples } of measured)
    if (workload.rates.length === 1) console.log(summaryOf(workload, samples));
  for (const { workload, samples } of measured) {
    if (workload.rates.length === 1) continue;
    const error = percent(largestSettledError(samples));
    console.log(`\n${workload.name}: at most ${error} from ${SETTLED_S} s after each change on`);
  }
}

function summaryOf({ name }: Workload, samples: readonly Sample[]): string {
  const own = absoluteErrors(samples);
  const viewers = absoluteErrors(samples.map(({ at, viewed }) => ({ at, shown: viewed })));
  const quantiles = [own, viewers].flatMap((errors) =>
    [0.5, 0.9].map((share) => percent(quantile(errors, share))),
  );
  return rowOf([name, `${samples.at(-1)?.at.toFixed(0)} s`, ...quantiles]);
}

/** The last seconds are left out, as there the rounding to a second is a large error. */
function largestSettledError(samples: readonly Sample[]): number {
  const errors = samples.flatMap(({ at, rate, bytesLeft, shown }) => {
    const actual = bytesLeft / rate;
    const isSettled = at % RATE_S > SETTLED_S || at > 3 * RATE_S;
    return isSettled && actual > 8 && shown !== null ? Math.abs(shown / actual - 1) : [];
  });
  return Math.max(...errors);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
