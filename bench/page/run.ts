// npm run bench:page [-- --limit SECONDS] [-- --only tallyman,uppy]: the page in Chromium, beside other people's.
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { bundleWorker } from "../workers.ts";
import { makeFolder } from "./folder.ts";
import { type Goal, verdictOf } from "./goals.ts";
import { type House, openHouse } from "./server.ts";
import { buildPeers, PEERS } from "./peers.ts";
import { goalsOf, perSecondOf, tableOf, type Upload } from "./report.ts";
import { sizeGoals } from "./script-size.ts";
import { watchUpload } from "./viewport.ts";
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
  const uploads = await inFolder(MANY, watchAll);
  console.log(`${MANY.files} × ${MANY.bytes} bytes:\n\n${tableOf(uploads)}`);
  const ours = uploads.get("tallyman");
  if (ours) console.log(`\n${verdictOf(await goalsFor(ours, uploads.get("uppy")))}`);
} finally {
  await rm(bundle, { recursive: true });
  await rm(pages, { recursive: true });
}

/** One page after the other, each with a server of its own. */
async function watchAll(folder: string): Promise<Map<string, Upload>> {
  const uploads = new Map<string, Upload>();
  for (const name of names) {
    const sight = { folder, limitMs, files: MANY.files, isTallyman: name === "tallyman" };
    const watch = (house: House) => watchUpload({ ...sight, url: addressOf(name, house) });
    uploads.set(name, { sighting: await inHouse(watch), files: MANY.files, limitMs });
  }
  return uploads;
}

function addressOf(name: string, { tallyman, peers }: House): string {
  return name === "tallyman" ? tallyman : `${peers}/${name}`;
}

async function goalsFor(ours: Upload, uppys: Upload | undefined): Promise<Goal[]> {
  const speed = uppys === undefined ? [] : [speedGoal(ours, uppys)];
  const states = await inFolder(IMAGES, statesGoal);
  return [...goalsOf(ours), ...speed, states, ...(await sizeGoals("site/dist"))];
}

function speedGoal(ours: Upload, uppys: Upload): Goal {
  const times = perSecondOf(ours) / perSecondOf(uppys);
  return {
    what: "files/s, times Uppy's",
    goal: "≥ 20",
    seen: Number.isFinite(times) ? times.toFixed(0) : "Uppy confirmed none",
    isReached: times >= 20,
  };
}

async function statesGoal(folder: string): Promise<Goal> {
  const { files } = IMAGES;
  const { all, each } = await inHouse(({ tallyman }) => countSeen(tallyman, folder, files, STATES));
  const states = STATES.map((state, index) => `${state} ${each[index]}`).join(", ");
  const what = `490 × 200 KB: rows that were seen in each of their states (${states})`;
  return { what, goal: `${files}`, seen: `${all}`, isReached: all === files };
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
