import { launchBrowser } from "../../test/support/browser.ts";
import { drop } from "../../test/support/page.ts";

/** In CSS pixels; at least the height of a row, so that every row fits into the window. */
const ROW_HEIGHT = 56;
const LIMIT_MS = 120_000;

declare global {
  /** The states that each row has shown, by the file's id. */
  var statesShown: Map<string, Set<string>> | undefined;
}

/** Numbers of rows. */
export interface StateCounts {
  /** Rows that showed every state. */
  all: number;
  /** Rows that showed each of the states. */
  each: number[];
}

/**
 * Drops a folder on Tallyman's page, in a window that shows every row, and reads the state of each
 * row at every frame.
 */
export async function countStates(
  url: string,
  folder: string,
  files: number,
  states: readonly string[],
): Promise<StateCounts> {
  const browser = await launchBrowser();
  try {
    const viewport = { width: 1000, height: files * ROW_HEIGHT + 1000 };
    const page = await browser.newPage({ viewport });
    await page.goto(url, { waitUntil: "networkidle" });
    await page.evaluate(readRows);
    await drop(page, [folder]);
    await page
      .locator(".stored-count", { hasText: new RegExp(`^${files}$`, "u") })
      .waitFor({ timeout: LIMIT_MS });
    await page.waitForFunction(haveAllCompleted, { timeout: LIMIT_MS });
    return await page.evaluate(countInPage, states);
  } finally {
    await browser.close();
  }
}

/** Runs in the page. */
function readRows(): void {
  const shown = new Map<string, Set<string>>();
  globalThis.statesShown = shown;
  const read = (): void => {
    for (const row of document.querySelectorAll<HTMLElement>("[data-file]")) {
      const { file = "", state = "" } = row.dataset;
      const states = shown.get(file) ?? new Set();
      shown.set(file, states.add(state));
    }
    requestAnimationFrame(read);
  };
  requestAnimationFrame(read);
}

/** Runs in the page. */
function haveAllCompleted(): boolean {
  return [...(globalThis.statesShown?.values() ?? [])].every((states) => states.has("completed"));
}

/** Runs in the page. */
function countInPage(states: readonly string[]): StateCounts {
  const rows = [...(globalThis.statesShown?.values() ?? [])];
  const each = states.map((state) => rows.filter((row) => row.has(state)).length);
  return { all: rows.filter((row) => states.every((state) => row.has(state))).length, each };
}
