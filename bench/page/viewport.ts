import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../test/support/browser.ts";
import { drop } from "../../test/support/page.ts";
import { describeTallyman, probe, type Sighting } from "./probe.ts";

export interface Sight {
  /** Where the page is. */
  url: string;
  isTallyman: boolean;
  folder: string;
  files: number;
  /** Milliseconds from the drop after which it is enough. */
  limitMs: number;
}

/** How often it is looked whether an upload is through. */
const LOOK_MS = 100;
/** A page that reports twice a second and has said nothing for so long was busy all the while. */
const SILENT_MS = 1500;

/**
 * Drops a folder on a page, in a browser of its own, and watches until every file is confirmed, or
 * the time is up: what it reported last then counts. A page too busy to report is not waited for.
 */
export async function watchUpload(sight: Sight): Promise<Sighting> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const last = await report(page, sight);
    await page.goto(sight.url, { waitUntil: "networkidle" });
    // A page that hangs does not take the drop either, and goes with its browser.
    void drop(page, [sight.folder]).catch(() => undefined);
    const end = performance.now() + sight.limitMs;
    while (performance.now() < end && last().doneMs === null) await sleep(LOOK_MS);
    return withSilence(last(), sight.limitMs);
  } finally {
    await browser.close();
  }
}

/** Has the page report; the answer gives what it reported last. */
async function report(page: Page, { isTallyman, files }: Sight): Promise<() => Sighting> {
  let last = NOTHING;
  const take = (sighting: Sighting): void => {
    last = { ...sighting, gaps: [...last.gaps, ...sighting.gaps] };
  };
  await page.exposeFunction("reportSighting", take);
  await page.addInitScript(probe, files);
  if (isTallyman) await page.addInitScript(describeTallyman);
  return () => last;
}

const NOTHING: Sighting = {
  atMs: 0,
  firstRowMs: null,
  listedMs: null,
  doneMs: null,
  confirmed: 0,
  longTasks: [],
  gaps: [],
  elements: 0,
  step: null,
  stepBack: null,
};

function withSilence(sighting: Sighting, limitMs: number): Sighting {
  const silentMs = limitMs - sighting.atMs;
  if (sighting.doneMs !== null || silentMs < SILENT_MS) return sighting;
  return { ...sighting, longTasks: [...sighting.longTasks, silentMs] };
}
