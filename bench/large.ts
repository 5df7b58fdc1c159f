// npm run bench:large [-- ROUNDS [MIB …]]: one large file in parts, in turns with a Worker that only
// calls uploadPart: speed, and whether memory grows with the file.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWorker, type Side } from "./workers.ts";
import { median, rangeOf } from "./report.ts";
import { CONCURRENCY } from "./rounds.ts";
import { writeLargeFile } from "./large-file.ts";
import { type PeakMemory, IsolatedSide } from "./isolated-side.ts";
import { takeTurns, type Work } from "./turns.ts";

const MIB = 1024 * 1024;
/** The least that Tallyman's speed may be, as a multiple of the bare Worker's. */
const GOAL = 0.9;

interface Upload extends PeakMemory {
  ms: number;
}

/** Both sides with the same file. */
type Round = Record<Side, Upload>;

const [rounds = 3, ...given] = process.argv.slice(2).map(Number);
/** Of the files, in MiB. */
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
  const found = [median(ratios).toFixed(2), GOAL.toFixed(2), rangeOf(ratios)];
  console.log(line(size, "bare", done, ["", "", ""]));
  console.log(line(size, "tallyman", done, found));
}

/** Both sides send the file, in turns. */
async function runRound(path: string): Promise<Round> {
  await using bare = await IsolatedSide.open("bare", bundle);
  await using tallyman = await IsolatedSide.open("tallyman", bundle);
  const [bareMs, tallymanMs] = await takeTurns(sending(bare, path), sending(tallyman, path));
  return {
    bare: { ms: bareMs, ...bare.peakMemory },
    tallyman: { ms: tallymanMs, ...tallyman.peakMemory },
  };
}

function sending(side: IsolatedSide, path: string): Work {
  return { pids: side.pids, run: () => side.upload({ path }) };
}

function line(size: number, side: Side, done: readonly Round[], found: readonly string[]): string {
  const middle = (figure: keyof Upload) => median(done.map((round) => round[side][figure]));
  const cells = [
    `${size / MIB} MiB`,
    side,
    (size / 1e3 / middle("ms")).toPrecision(3),
    ...found,
    `${(middle("client") / 1e6).toFixed(0)} MB`,
    `${(middle("workerd") / 1e6).toFixed(0)} MB`,
  ];
  return `| ${cells.join(" | ")} |`;
}
