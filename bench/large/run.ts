// npm run bench:large [-- ROUNDS [MIB …]]: one large file in parts, beside a Worker that only calls
// uploadPart: speed, and whether memory grows with the file.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientProcess } from "../client-process.ts";
import { bundleWorker, openHouse, type Side } from "../house.ts";
import { workerdPeakBytes } from "../processes.ts";
import { median } from "../report.ts";
import { LANES, WARM_UP } from "../rounds.ts";
import { NEAR } from "../ways.ts";
import { writeLargeFile } from "./large-file.ts";

const MIB = 1024 * 1024;
/** The least that Tallyman's speed may be, as a multiple of the bare Worker's. */
const GOAL = 0.9;

interface Upload {
  ms: number;
  /** The most memory that the uploading process, and workerd, held at a time. */
  clientBytes: number;
  workerdBytes: number;
}

const [rounds = 3, ...given] = process.argv.slice(2).map(Number);
/** Of the files, in MiB. */
const sizes = given.length > 0 ? given : [256, 1024];
const folder = await mkdtemp(join(tmpdir(), "tallyman-large-"));
const bundle = await bundleWorker();

try {
  console.log(`${rounds} rounds, ${LANES} parts in flight, medians\n`);
  console.log("| file | side | MB/s | ratio | goal | client's memory | workerd's memory |");
  console.log("|---|---|--:|--:|--:|--:|--:|");
  for (const size of sizes) await compare(size * MIB);
} finally {
  await rm(folder, { recursive: true });
  await rm(bundle, { recursive: true });
}

async function compare(size: number): Promise<void> {
  const path = join(folder, `${size}.bin`);
  await writeLargeFile(path, size);
  const uploads: Record<Side, Upload[]> = { bare: [], tallyman: [] };
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round)) uploads[side].push(await upload(side, path));
  }
  const ratio = median(
    uploads.bare.map(({ ms }, round) => ms / (uploads.tallyman[round]?.ms ?? 0)),
  );
  console.log(line(size, "bare", uploads.bare, ["", ""]));
  console.log(line(size, "tallyman", uploads.tallyman, [ratio.toFixed(2), GOAL.toFixed(2)]));
  await rm(path);
}

/** Who begins alternates. */
function inTurn(round: number): readonly Side[] {
  return round % 2 === 0 ? ["bare", "tallyman"] : ["tallyman", "bare"];
}

/** In a workerd and a client of its own: memory that was once taken is seldom given back. */
async function upload(side: Side, path: string): Promise<Upload> {
  const house = await openHouse(bundle, NEAR);
  const client = new ClientProcess();
  const order = { side, origin: house.origins[side], lanes: LANES };
  try {
    await client.upload({ ...order, contents: WARM_UP });
    const { ms } = await client.upload({ ...order, contents: { path } });
    return { ms, clientBytes: client.peakBytes, workerdBytes: workerdPeakBytes() };
  } finally {
    await client.close();
    await house.stop();
  }
}

function line(
  size: number,
  side: Side,
  uploads: readonly Upload[],
  ratio: [string, string],
): string {
  const megabytes = (of: (upload: Upload) => number) => median(uploads.map(of)) / 1e6;
  const cells = [
    `${size / MIB} MiB`,
    side,
    (size / 1e3 / median(uploads.map(({ ms }) => ms))).toPrecision(3),
    ...ratio,
    `${megabytes(({ clientBytes }) => clientBytes).toFixed(0)} MB`,
    `${megabytes(({ workerdBytes }) => workerdBytes).toFixed(0)} MB`,
  ];
  return `| ${cells.join(" | ")} |`;
}
