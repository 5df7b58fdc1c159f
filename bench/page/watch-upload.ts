import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../test/support/browser.ts";
import { describeTallyman, type Measurement, probe } from "./probe.ts";

export interface WatchOptions {
  /** Address of the page. */
  url: string;
  isTallyman: boolean;
  /** Drops or picks the files. */
  add: (page: Page) => Promise<void>;
  /** Number of files. */
  files: number;
  /** The longest time to watch, in ms from the drop or pick. */
  limitMs: number;
  /** Default: all are confirmed, and the bar shows it. */
  isOver?: (last: Measurement) => boolean;
}

const POLL_MS = 100;
/** A page reports twice a second. One that has not reported for this long was busy all the time. */
const SILENT_MS = 1500;

/**
 * Adds files to a page in a new browser and watches until every file is confirmed, or until the limit. A page that is too busy to report is not waited for: its last report counts.
 */
export async function watchUpload(options: WatchOptions): Promise<Measurement> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const last = await collectReports(page, options);
    await page.goto(options.url, { waitUntil: "networkidle" });
    // The drop never resolves in a page that hangs. It ends with the browser.
    void options.add(page).catch(() => undefined);
    const { isOver = (measurement) => measurement.isOver } = options;
    const end = performance.now() + options.limitMs;
    while (performance.now() < end && !isOver(last())) await sleep(POLL_MS);
    return isOver(last()) ? last() : withSilence(last(), options.limitMs);
  } finally {
    await browser.close();
  }
}

/** Installs the probe. Returns a function that returns the latest report. */
async function collectReports(
  page: Page,
  { isTallyman, files }: WatchOptions,
): Promise<() => Measurement> {
  let last = NOTHING;
  const collect = (measurement: Measurement): void => {
    last = { ...measurement, gaps: [...last.gaps, ...measurement.gaps] };
  };
  await page.exposeFunction("reportMeasurement", collect);
  await page.addInitScript(probe, files);
  if (isTallyman) await page.addInitScript(describeTallyman);
  return () => last;
}

const NOTHING: Measurement = {
  atMs: 0,
  firstRowMs: null,
  listedMs: null,
  doneMs: null,
  isOver: false,
  confirmed: 0,
  longTasks: [],
  gaps: [],
  elements: 0,
  step: null,
  stepBack: null,
};

/** Counts the time since the last report as one task, if the page has fallen silent. */
function withSilence(measurement: Measurement, limitMs: number): Measurement {
  const silentMs = limitMs - measurement.atMs;
  if (measurement.doneMs !== null || silentMs < SILENT_MS) return measurement;
  return { ...measurement, longTasks: [...measurement.longTasks, silentMs] };
}
