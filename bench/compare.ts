// npm run bench:compare -- DIR [--rounds N] [--large-rounds N]: uploads to the Worker of this checkout
// and to that of the checkout in DIR, each with its own client, side by side in one run. DIR needs its
// dependencies and a built page: run `npm start` there once.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../test/support/process-group.ts";
import type { Uploaded } from "./client-process.ts";
import { IsolatedSide } from "./isolated-side.ts";
import { writeLargeFile } from "./large-file.ts";
import { median, rangeOf, rowOf } from "./report.ts";
import { CONCURRENCY, expectStored } from "./rounds.ts";
import { takeTurns } from "./turns.ts";
import { bundleWorker, countObjects, startWorkerd, tallymanOptions } from "./workers.ts";

const WORKLOADS = [
  { name: "490 × 200 KB", files: 490, bytes: 200_000 },
  { name: "10,000 × 2 KB", files: 10_000, bytes: 2_000 },
  { name: "20 × 20 MB", files: 20, bytes: 20_000_000 },
];
const LARGE_BYTES = 1024 ** 3;

/** A checkout with its bundled Worker. */
interface Checkout {
  folder: string;
  bundle: string;
}

type Upload = Pick<Uploaded, "ms" | "batchCalls"> & { cpuMs: number };

/** Both checkouts with the same workload. */
interface Pair {
  before: Upload;
  after: Upload;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    "large-rounds": { type: "string", default: "3" },
  },
});
const [dir] = positionals;
if (dir === undefined) throw new Error("Name a checkout: npm run bench:compare -- DIR");

const before = await prepare(resolve(dir));
const after = await prepare(ROOT);
try {
  console.log(`before: ${before.folder}\nafter: ${after.folder}`);
  console.log(`${CONCURRENCY} requests in flight, medians; a ratio above 1 means faster\n`);
  console.log(
    "| files | rounds | before, MB/s | after, MB/s | ratio | min to max | ratio by CPU | Batch calls |",
  );
  console.log("|---|--:|--:|--:|--:|:-:|--:|:-:|");
  for (const { name, files, bytes } of WORKLOADS) {
    const pairs = await repeat(Number(values.rounds), (round) => runPair({ files, bytes }, round));
    console.log(line(name, files * bytes, pairs));
  }
  const pairs = await withLargeFile((path) =>
    repeat(Number(values["large-rounds"]), () => runTurns(path)),
  );
  console.log(line("1 GiB in parts", LARGE_BYTES, pairs));
} finally {
  for (const { bundle } of [before, after]) await rm(bundle, { recursive: true });
}

async function prepare(folder: string): Promise<Checkout> {
  return { folder, bundle: await bundleWorker(folder) };
}

async function repeat<T>(times: number, run: (round: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < times; round++) results.push(await run(round));
  return results;
}

/**
 * Uploads the same workload to both, one directly after the other, and checks that R2 has all files.
 * The one that starts alternates.
 */
async function runPair(workload: { files: number; bytes: number }, round: number): Promise<Pair> {
  const contents = { prefix: "file", ...workload };
  const sides = { before: await openSide(before), after: await openSide(after) };
  await using one = sides.before.side;
  await using other = sides.after.side;
  const first = round % 2 === 0 ? await one.upload(contents) : null;
  const second = await other.upload(contents);
  const pair = { before: first ?? (await one.upload(contents)), after: second };
  for (const { folder, stored } of Object.values(sides)) {
    expectStored(folder, await stored(), workload);
  }
  return pair;
}

/** Uploads the file to both at the same time, in turns. */
async function runTurns(path: string): Promise<Pair> {
  await using one = (await openSide(before)).side;
  await using other = (await openSide(after)).side;
  const uploads: Upload[] = [];
  const workOf = (side: IsolatedSide, index: number) => ({
    pids: side.pids,
    run: async () => void (uploads[index] = await side.upload({ path })),
  });
  const [beforeMs, afterMs] = await takeTurns(workOf(one, 0), workOf(other, 1));
  return { before: timed(uploads[0], beforeMs), after: timed(uploads[1], afterMs) };
}

/** Replaces the time of an upload by the time of its turns. */
function timed(upload: Upload | undefined, ms: number): Upload {
  if (upload === undefined) throw new Error("The upload has no result.");
  return { ...upload, ms };
}

async function openSide({ folder, bundle }: Checkout) {
  const workerd = await startWorkerd([tallymanOptions(bundle, folder)]);
  const { miniflare, pid, stop } = workerd;
  const { origin } = await miniflare.ready;
  const side = await IsolatedSide.open(
    { side: "tallyman", checkout: folder },
    { origin, pid, stop },
  );
  return { folder, side, stored: () => countObjects(miniflare, "tallyman") };
}

async function withLargeFile<T>(run: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-compare-"));
  const path = join(folder, "large.bin");
  try {
    await writeLargeFile(path, LARGE_BYTES);
    return await run(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function line(name: string, bytes: number, pairs: readonly Pair[]): string {
  const speed = (side: keyof Pair) =>
    (bytes / 1e3 / median(pairs.map((pair) => pair[side].ms))).toPrecision(3);
  const calls = (side: keyof Pair) => median(pairs.map((pair) => pair[side].batchCalls));
  const ratios = pairs.map((pair) => pair.before.ms / pair.after.ms);
  const cpuRatios = pairs.map((pair) => pair.before.cpuMs / pair.after.cpuMs);
  return rowOf([
    name,
    pairs.length,
    speed("before"),
    speed("after"),
    median(ratios).toFixed(2),
    rangeOf(ratios),
    median(cpuRatios).toFixed(2),
    `${calls("before")} → ${calls("after")}`,
  ]);
}
