import axe from "axe-core";
import type { Page } from "playwright-core";

/** WCAG 2.2 AA, and what axe holds for good practice besides. */
const OPTIONS: axe.RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  // Of WCAG 2.2, and off unless asked for.
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};

/** The narrowest phone, and a window of 1280 pixels at 200 %. */
const WIDTHS = [320, 640];

declare global {
  var axe: { run: (options: axe.RunOptions) => Promise<axe.AxeResults> } | undefined;
}

/**
 * What is wrong with the page as it is shown, one string each: what axe finds, by day and by night,
 * and what stands beside the page where there is little room.
 */
export async function flawsOf(page: Page): Promise<string[]> {
  const flaws: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const found of await violationsOf(page)) flaws.push(`${colorScheme}: ${found}`);
  }
  const viewport = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const width of WIDTHS) {
    await page.setViewportSize({ ...viewport, width });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) flaws.push(`${wide} pixels wide in a window of ${width}`);
  }
  await page.setViewportSize(viewport);
  return flaws;
}

/** The rule, the element and why. */
async function violationsOf(page: Page): Promise<string[]> {
  if (await page.evaluate(() => globalThis.axe === undefined)) await page.evaluate(axe.source);
  return page.evaluate(async (options) => {
    const result = await globalThis.axe?.run(options);
    // Having looked at nothing is not having found nothing.
    if (result === undefined || result.passes.length === 0) throw new Error("axe did not run.");
    return result.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
    );
  }, OPTIONS);
}
