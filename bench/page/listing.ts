import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { button, drop } from "../../test/support/page.ts";
import { median } from "../report.ts";
import type { Measurement } from "./probe.ts";
import type { Goal } from "./report.ts";
import type { PageServer } from "./server.ts";
import { watchUpload } from "./watch-upload.ts";

/** Pairs of Tallyman's page and the reference, in alternating order. */
const PAIRS = 5;
/** Tallyman is watched for this much longer than its list needs, as it also sends the files. */
const AFTER_MS = 3000;
/** The browser doesn't report shorter tasks. */
const SHORTEST_TASK_MS = 50;

/** Time of the list, and the longest task until then or soon after, in ms. */
interface Listing {
  listedMs: number;
  taskMs: number;
}

interface Files {
  folder: string;
  count: number;
}

/** Ways to add the files of a folder to a page. */
const WAYS: Readonly<Record<string, (page: Page, folder: string) => Promise<void>>> = {
  "a dropped folder": (page, folder) => drop(page, [folder]),
  "dropped files": async (page, folder) => drop(page, await pathsIn(folder)),
  "picked files": async (page, folder) => {
    const chooser = page.waitForEvent("filechooser");
    await button(page, "Choose files").click();
    await (await chooser).setFiles(await pathsIn(folder));
  },
};

/**
 * Compares how fast Tallyman's page and a plain list of names list the same files.
 *
 * @param withServer runs with a new server, as a batch that is still being sent slows the next one down
 */
export async function listingGoals(
  files: Files,
  withServer: (run: (server: PageServer) => Promise<Listing>) => Promise<Listing>,
): Promise<Goal[]> {
  const goals: Goal[] = [];
  for (const [name, add] of Object.entries(WAYS)) {
    const listings: Record<"tallyman" | "reference", Listing[]> = { tallyman: [], reference: [] };
    for (let pair = 0; pair < PAIRS; pair++) {
      const pages = ["tallyman", "reference"] as const;
      for (const page of pair % 2 === 0 ? pages : pages.toReversed()) {
        const watch = (server: PageServer) =>
          watchListing(server[page], page === "tallyman", files, add);
        listings[page].push(await withServer(watch));
      }
    }
    goals.push(
      goalOf(`${name}: time until all are listed`, 4, listings, ({ listedMs }) => listedMs),
      goalOf(`${name}: longest task`, 3, listings, ({ taskMs }) => taskMs),
    );
  }
  return goals;
}

async function watchListing(
  url: string,
  isTallyman: boolean,
  { folder, count }: Files,
  add: (page: Page, folder: string) => Promise<void>,
): Promise<Listing> {
  const { listedMs, longTasks } = await watchUpload({
    url,
    isTallyman,
    files: count,
    limitMs: 60_000,
    isOver: isWatched,
    add: (page) => add(page, folder),
  });
  return { listedMs: listedMs ?? Infinity, taskMs: Math.max(SHORTEST_TASK_MS, ...longTasks) };
}

function isWatched({ listedMs, atMs }: Measurement): boolean {
  return listedMs !== null && atMs > listedMs + AFTER_MS;
}

function goalOf(
  name: string,
  most: number,
  { tallyman, reference }: Record<"tallyman" | "reference", Listing[]>,
  of: (listing: Listing) => number,
): Goal {
  const [ours, plain] = [median(tallyman.map(of)), median(reference.map(of))];
  return {
    name: `${name}, as a multiple of a plain list's`,
    goal: `≤ ${most}`,
    measured: `${(ours / plain).toFixed(1)} (${ours.toFixed(0)} ms to ${plain.toFixed(0)} ms)`,
    isReached: ours <= most * plain,
  };
}

async function pathsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.toSorted().map((name) => join(folder, name));
}
