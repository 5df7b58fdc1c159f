// npm run bench:page [-- --limit SECONDS] [-- --only tallyman,uppy] [-- --listing] [-- --pictures]: the page in
// Chromium, beside the pages of other uploaders and beside a plain list, with files and with pictures; with
// --listing, only beside the list; with --pictures, only an upload of pictures; with both, only a list of
// pictures.
import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { drop } from "../../test/support/page.ts";
import { bundleWorker } from "../workers.ts";
import { type Files, withFolder } from "./folder.ts";
import { listingGoals } from "./listing.ts";
import {
  type Goal,
  goalsOf,
  goalTableOf,
  type PageUpload,
  perSecondOf,
  tableOf,
} from "./report.ts";
import { sizeGoals } from "./script-size.ts";
import { buildPeers, type PageServer, PEERS, startPageServer } from "./server.ts";
import { countStates } from "./states.ts";
import { watchUpload } from "./watch-upload.ts";

const MANY = { files: 10_000, bytes: 2_000 };
const PICTURES = { ...MANY, arePictures: true };
const IMAGES = { files: 490, bytes: 200_000 };
const STATES = ["queued", "uploading", "processing", "completed"];

const { values } = parseArgs({
  options: {
    limit: { type: "string", default: "60" },
    only: { type: "string" },
    listing: { type: "boolean", default: false },
    pictures: { type: "boolean", default: false },
  },
});
const limitMs = Number(values.limit) * 1000;
const names = values.only?.split(",") ?? ["tallyman", ...PEERS];
const bundle = await bundleWorker();
const pages = await buildPeers();

try {
  if (!values.listing && !values.pictures) await comparePages();
  if (!values.listing) await measurePictures();
  if (!values.pictures) await compareListing(MANY);
  if (values.listing || !values.pictures) await compareListing(PICTURES);
} finally {
  await rm(bundle, { recursive: true });
  await rm(pages, { recursive: true });
}

/** Compares Tallyman's page with those of other uploaders, and with its goals. */
async function comparePages(): Promise<void> {
  const uploads = await withFolder(MANY, watchAll);
  console.log(`${MANY.files} × ${MANY.bytes} bytes:\n\n${tableOf(uploads)}`);
  const tallyman = uploads.get("tallyman");
  if (tallyman === undefined) return;
  const goals = await goalsFor(tallyman, uploads.get("uppy"));
  console.log(`\n${goalTableOf(goals)}`);
}

/** Watches Tallyman's page with pictures, whose tiles it draws, packs and stores beside the upload. */
async function measurePictures(): Promise<void> {
  const upload = await withFolder(PICTURES, (folder) => watch("tallyman", folder));
  console.log(`\n${PICTURES.files} pictures of about ${PICTURES.bytes} bytes:\n`);
  console.log(`${tableOf(new Map([["tallyman", upload]]))}\n\n${goalTableOf(goalsOf(upload))}`);
}

/** Compares the list with a plain one. With pictures, the page also draws the contact sheet. */
async function compareListing(files: Files): Promise<void> {
  const listing = await withFolder(files, (folder) =>
    listingGoals({ folder, count: files.files }, withServer),
  );
  const kind = files.arePictures === true ? "pictures" : "files";
  console.log(`\n${files.files} ${kind}:\n\n${goalTableOf(listing)}`);
}

/** Watches one page after the other, each with a new server. */
async function watchAll(folder: string): Promise<Map<string, PageUpload>> {
  const uploads = new Map<string, PageUpload>();
  for (const name of names) uploads.set(name, await watch(name, folder));
  return uploads;
}

async function watch(name: string, folder: string): Promise<PageUpload> {
  const { files } = MANY;
  const measurement = await withServer((server) =>
    watchUpload({
      url: addressOf(name, server),
      add: (page: Page) => drop(page, [folder]),
      limitMs,
      files,
      isTallyman: name === "tallyman",
    }),
  );
  return { measurement, files, limitMs };
}

function addressOf(name: string, { tallyman, peers }: PageServer): string {
  return name === "tallyman" ? tallyman : `${peers}/${name}`;
}

async function goalsFor(tallyman: PageUpload, uppy: PageUpload | undefined): Promise<Goal[]> {
  const speed = uppy === undefined ? [] : [speedGoal(tallyman, uppy)];
  const states = await withFolder(IMAGES, statesGoal);
  return [...goalsOf(tallyman), ...speed, states, ...(await sizeGoals("site/dist"))];
}

function speedGoal(tallyman: PageUpload, uppy: PageUpload): Goal {
  const times = perSecondOf(tallyman) / perSecondOf(uppy);
  return {
    name: "files/s, as a multiple of Uppy's",
    goal: "≥ 20",
    measured: Number.isFinite(times) ? times.toFixed(0) : "Uppy confirmed no file",
    isReached: times >= 20,
  };
}

async function statesGoal(folder: string): Promise<Goal> {
  const { files } = IMAGES;
  const { all, each } = await withServer(({ tallyman }) =>
    countStates(tallyman, folder, files, STATES),
  );
  const states = STATES.map((state, index) => `${state} ${each[index]}`).join(", ");
  const name = `490 × 200 KB: rows that showed each of their states (${states})`;
  return { name, goal: `${files}`, measured: `${all}`, isReached: all === files };
}

async function withServer<Result>(run: (server: PageServer) => Promise<Result>): Promise<Result> {
  const server = await startPageServer(bundle, pages);
  try {
    return await run(server);
  } finally {
    await server.stop();
  }
}
