import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../test/support/browser.ts";
import { drop } from "../../test/support/page.ts";
import { describeTallyman, probe, type Measurement } from "./probe.ts";

export interface WatchOptions {
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
export async function watchUpload(options: WatchOptions): Promise<Measurement> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const last = await report(page, options);
    await page.goto(options.url, { waitUntil: "networkidle" });
    // A page that hangs does not take the drop either, and goes with its browser.
    void drop(page, [options.folder]).catch(() => undefined);
    const end = performance.now() + options.limitMs;
    while (performance.now() < end && last().doneMs === null) await sleep(LOOK_MS);
    return withSilence(last(), options.limitMs);
  } finally {
    await browser.close();
  }
}

/** Has the page report; the answer gives what it reported last. */
async function report(page: Page, { isTallyman, files }: WatchOptions): Promise<() => Measurement> {
  let last = NOTHING;
  const take = (measurement: Measurement): void => {
    last = { ...measurement, gaps: [...last.gaps, ...measurement.gaps] };
  };
  await page.exposeFunction("reportMeasurement", take);
  await page.addInitScript(probe, files);
  if (isTallyman) await page.addInitScript(describeTallyman);
  return () => last;
}

const NOTHING: Measurement = {
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

function withSilence(measurement: Measurement, limitMs: number): Measurement {
  const silentMs = limitMs - measurement.atMs;
  if (measurement.doneMs !== null || silentMs < SILENT_MS) return measurement;
  return { ...measurement, longTasks: [...measurement.longTasks, silentMs] };
}
