// npm run bench:page [-- --limit SECONDS] [-- --only tallyman,uppy]: the page in Chromium, beside other people's.
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { bundleWorker } from "../workers.ts";
import { makeFolder } from "./folder.ts";
import { type Goal, verdictOf } from "./goals.ts";
import { type PageServer, startPageServer } from "./server.ts";
import { buildPeers, PEERS } from "./peers.ts";
import { goalsOf, perSecondOf, tableOf, type PageUpload } from "./report.ts";
import { sizeGoals } from "./script-size.ts";
import { watchUpload } from "./watch-upload.ts";
import { countStates } from "./states.ts";

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
async function watchAll(folder: string): Promise<Map<string, PageUpload>> {
  const uploads = new Map<string, PageUpload>();
  for (const name of names) {
    const options = { folder, limitMs, files: MANY.files, isTallyman: name === "tallyman" };
    const watch = (server: PageServer) => watchUpload({ ...options, url: addressOf(name, server) });
    uploads.set(name, { measurement: await withServer(watch), files: MANY.files, limitMs });
  }
  return uploads;
}

function addressOf(name: string, { tallyman, peers }: PageServer): string {
  return name === "tallyman" ? tallyman : `${peers}/${name}`;
}

async function goalsFor(ours: PageUpload, uppys: PageUpload | undefined): Promise<Goal[]> {
  const speed = uppys === undefined ? [] : [speedGoal(ours, uppys)];
  const states = await inFolder(IMAGES, statesGoal);
  return [...goalsOf(ours), ...speed, states, ...(await sizeGoals("site/dist"))];
}

function speedGoal(ours: PageUpload, uppys: PageUpload): Goal {
  const times = perSecondOf(ours) / perSecondOf(uppys);
  return {
    name: "files/s, times Uppy's",
    goal: "≥ 20",
    measured: Number.isFinite(times) ? times.toFixed(0) : "Uppy confirmed none",
    isReached: times >= 20,
  };
}

async function statesGoal(folder: string): Promise<Goal> {
  const { files } = IMAGES;
  const { all, each } = await withServer(({ tallyman }) =>
    countStates(tallyman, folder, files, STATES),
  );
  const states = STATES.map((state, index) => `${state} ${each[index]}`).join(", ");
  const what = `490 × 200 KB: rows that were seen in each of their states (${states})`;
  return { name: what, goal: `${files}`, measured: `${all}`, isReached: all === files };
}

async function withServer<Result>(run: (server: PageServer) => Promise<Result>): Promise<Result> {
  const server = await startPageServer(bundle, pages);
  try {
    return await run(server);
  } finally {
    await server.stop();
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
