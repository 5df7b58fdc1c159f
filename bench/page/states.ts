import { launchBrowser } from "../../test/support/browser.ts";
import { drop } from "../../test/support/page.ts";

/** Tall enough for each row of the list to be in sight. */
const ROW_HEIGHT = 56;
const LIMIT_MS = 120_000;

declare global {
  var statesSeen: Map<string, Set<string>> | undefined;
}

/** How many rows were seen. */
export interface StateCounts {
  /** In every state. */
  all: number;
  /** In each of the states. */
  each: number[];
}

/**
 * Drops a folder on Tallyman's page, in a window that shows every row, and looks at each at every
 * frame.
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
    await page.evaluate(lookAtRows);
    await drop(page, [folder]);
    await page
      .locator(".stored-count", { hasText: new RegExp(`^${files}$`, "u") })
      .waitFor({ timeout: LIMIT_MS });
    await page.waitForFunction(allSeenCompleted, { timeout: LIMIT_MS });
    return await page.evaluate(countInPage, states);
  } finally {
    await browser.close();
  }
}

/** Runs in the page. */
function lookAtRows(): void {
  const seen = new Map<string, Set<string>>();
  globalThis.statesSeen = seen;
  const look = (): void => {
    for (const row of document.querySelectorAll<HTMLElement>("[data-file]")) {
      const { file = "", state = "" } = row.dataset;
      const states = seen.get(file) ?? new Set();
      seen.set(file, states.add(state));
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Runs in the page. */
function allSeenCompleted(): boolean {
  return [...(globalThis.statesSeen?.values() ?? [])].every((states) => states.has("completed"));
}

/** Runs in the page. */
function countInPage(states: readonly string[]): StateCounts {
  const seen = [...(globalThis.statesSeen?.values() ?? [])];
  const each = states.map((state) => seen.filter((of) => of.has(state)).length);
  return { all: seen.filter((of) => states.every((state) => of.has(state))).length, each };
}
