// npm run bench:page [-- --limit SECONDS] [-- --only tallyman,uppy]: the page in Chromium, beside other people's.
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { bundleWorker } from "../house.ts";
import { makeFolder } from "./folder.ts";
import { type House, openHouse } from "./house.ts";
import { buildPeers, PEERS } from "./peers.ts";
import type { Sighting } from "./probe.ts";
import { perSecondOf, tableOf } from "./report.ts";
import { sizesLine } from "./script-size.ts";
import { watchUpload } from "./sight.ts";
import { countSeen } from "./states.ts";

const MANY = { files: 10_000, bytes: 2_000 };
const IMAGES = { files: 490, bytes: 200_000 };
const STATES = ["queued", "uploading", "processing", "completed"];

const { values } = parseArgs({
  options: { limit: { type: "string", default: "60" }, only: { type: "string" } },
});
const limitMs = Number(values.limit) * 1000;
const names = values.only?.split(",") ?? ["tallyman", ...PEERS];
const bundle = await bundleWorker();
const pages = await buildPeers();

try {
  const sightings = await inFolder(MANY, watchAll);
  console.log(tableOf(sightings, limitMs));
  const [ours, uppys] = ["tallyman", "uppy"].map((name) => sightings.get(name));
  if (ours && uppys) console.log(`\n${timesLine(ours, uppys)}`);
  if (ours) console.log(`\n${await inFolder(IMAGES, statesLine)}`);
  console.log(`\n${await sizesLine("site/dist")}`);
} finally {
  await rm(bundle, { recursive: true });
  await rm(pages, { recursive: true });
}

/** One page after the other, each with a server of its own. */
async function watchAll(folder: string): Promise<Map<string, Sighting>> {
  const sightings = new Map<string, Sighting>();
  for (const name of names) {
    const sight = { folder, limitMs, files: MANY.files, isTallyman: name === "tallyman" };
    const watch = (house: House) => watchUpload({ ...sight, url: addressOf(name, house) });
    sightings.set(name, await inHouse(watch));
  }
  return sightings;
}

function addressOf(name: string, { tallyman, peers }: House): string {
  return name === "tallyman" ? tallyman : `${peers}/${name}`;
}

function timesLine(ours: Sighting, uppys: Sighting): string {
  const [fast, slow] = [perSecondOf(ours, limitMs), perSecondOf(uppys, limitMs)];
  const times = slow === 0 ? "Uppy confirmed none" : `${(fast / slow).toFixed(0)} times Uppy's`;
  return `Tallyman's files a second: ${times} (goal: at least 20 times).`;
}

async function statesLine(folder: string): Promise<string> {
  const { files } = IMAGES;
  const seen = await inHouse(({ tallyman }) => countSeen(tallyman, folder, files, STATES));
  return `490 × 200 KB: ${seen} of ${files} rows were seen in each of their states (${STATES.join(", ")}).`;
}

async function inHouse<Result>(run: (house: House) => Promise<Result>): Promise<Result> {
  const house = await openHouse(bundle, pages);
  try {
    return await run(house);
  } finally {
    await house.stop();
  }
}

async function inFolder<Result>(
  { files, bytes }: typeof MANY,
  run: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await makeFolder(files, bytes);
  try {
    return await run(folder);
  } finally {
    await rm(dirname(folder), { recursive: true });
  }
}
