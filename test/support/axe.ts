import axe from "axe-core";
import type { Page } from "playwright-core";
import { resize } from "./resize.ts";

/** WCAG 2.2 AA and the good practices that axe checks. */
const OPTIONS: axe.RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  // Part of WCAG 2.2, but off by default.
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};

/** The narrowest phone, and a window of 1280 pixels at 200 %. */
const WIDTHS = [320, 640];

declare global {
  var axe: { run: (options: axe.RunOptions) => Promise<axe.AxeResults> } | undefined;
}

/**
 * Returns the page's accessibility problems, one string each: axe's findings in the light and the dark
 * color scheme, and widths at which the page scrolls sideways.
 */
export async function flawsOf(page: Page): Promise<string[]> {
  const flaws: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const found of await violationsOf(page)) flaws.push(`${colorScheme}: ${found}`);
  }
  const viewport = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const width of WIDTHS) {
    await resize(page, { ...viewport, width });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) flaws.push(`${wide} pixels wide in a window of ${width}`);
  }
  await resize(page, viewport);
  return flaws;
}

/** Returns rule, element and reason of each violation. */
async function violationsOf(page: Page): Promise<string[]> {
  if (await page.evaluate(() => globalThis.axe === undefined)) await page.evaluate(axe.source);
  return page.evaluate(async (options) => {
    const result = await globalThis.axe?.run(options);
    // Without any passed rule, axe has checked nothing.
    if (result === undefined || result.passes.length === 0) throw new Error("axe did not run.");
    return result.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
    );
  }, OPTIONS);
}
