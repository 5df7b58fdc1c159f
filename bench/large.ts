// npm run bench:large [-- ROUNDS [MIB …]]: one large file in parts, in turns with a Worker that only
// calls uploadPart. Measures the speed, and whether memory usage grows with the file.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MIB } from "../protocol/index.ts";
import { IsolatedSide, type PeakMemory } from "./isolated-side.ts";
import { writeLargeFile } from "./large-file.ts";
import { median, rangeOf, rowOf } from "./report.ts";
import { CONCURRENCY } from "./rounds.ts";
import { NEAR } from "./routes.ts";
import { takeTurns, type Work } from "./turns.ts";
import { bundleWorker, type Side, startWorkers } from "./workers.ts";

/** The lowest acceptable speed of Tallyman, as a multiple of the bare Worker's. */
const GOAL = 0.9;

interface Upload extends PeakMemory {
  ms: number;
}

/** Both sides with the same file. */
type Round = Record<Side, Upload>;

const [rounds = 3, ...given] = process.argv.slice(2).map(Number);
/** Sizes of the files in MiB. */
const sizes = given.length > 0 ? given : [256, 1024];
const folder = await mkdtemp(join(tmpdir(), "tallyman-large-"));
const bundle = await bundleWorker();

try {
  console.log(`${rounds} rounds, ${CONCURRENCY} parts in flight, medians\n`);
  console.log(
    "| file | side | MB/s | ratio | goal | ratio, all rounds | client's memory | workerd's memory |",
  );
  console.log("|---|---|--:|--:|--:|:-:|--:|--:|");
  for (const size of sizes) await compare(size * MIB);
} finally {
  await rm(folder, { recursive: true });
  await rm(bundle, { recursive: true });
}

async function compare(size: number): Promise<void> {
  const path = join(folder, `${size}.bin`);
  await writeLargeFile(path, size);
  const done: Round[] = [];
  for (let round = 0; round < rounds; round++) done.push(await runRound(path));
  await rm(path);
  const ratios = done.map(({ bare, tallyman }) => bare.ms / tallyman.ms);
  const ratioCells = [median(ratios).toFixed(2), GOAL.toFixed(2), rangeOf(ratios)];
  console.log(line(size, "bare", done, ["", "", ""]));
  console.log(line(size, "tallyman", done, ratioCells));
}

/** Uploads the file from both sides in turns. */
async function runRound(path: string): Promise<Round> {
  await using bare = await openSide("bare");
  await using tallyman = await openSide("tallyman");
  const [bareMs, tallymanMs] = await takeTurns(workOf(bare, path), workOf(tallyman, path));
  return {
    bare: { ms: bareMs, ...bare.peakMemory },
    tallyman: { ms: tallymanMs, ...tallyman.peakMemory },
  };
}

async function openSide(side: Side): Promise<IsolatedSide> {
  const { origins, pid, stop } = await startWorkers(bundle, NEAR);
  return IsolatedSide.open({ side }, { origin: origins[side], pid, stop });
}

function workOf(side: IsolatedSide, path: string): Work {
  return { pids: side.pids, run: () => side.upload({ path }) };
}

function line(
  size: number,
  side: Side,
  done: readonly Round[],
  ratioCells: readonly string[],
): string {
  const medianOf = (figure: keyof Upload) => median(done.map((round) => round[side][figure]));
  return rowOf([
    `${size / MIB} MiB`,
    side,
    (size / 1e3 / medianOf("ms")).toPrecision(3),
    ...ratioCells,
    `${(medianOf("client") / 1e6).toFixed(0)} MB`,
    `${(medianOf("workerd") / 1e6).toFixed(0)} MB`,
  ]);
}
