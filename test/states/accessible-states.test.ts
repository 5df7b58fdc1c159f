import type { Page } from "playwright-core";
import { expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test } from "../support/states-test.ts";
import { lostTexts } from "../support/lost-text.ts";
import { visitStates } from "../support/page-states.ts";
import { withTextSpacing } from "../support/text-spacing.ts";
import { resize } from "../support/resize.ts";

const HEIGHT = 800;
const WIDE = { width: 1280, height: HEIGHT };
const PHONE = { width: 390, height: HEIGHT };
const NARROW = { width: 320, height: HEIGHT };

test("the page is accessible in each of its states", async ({ visited }) => {
  const found: string[] = [];
  await visitStates(visited, async (page, state) => {
    const flaws: string[] = [];
    for (const size of [WIDE, PHONE]) {
      await resize(page, size);
      flaws.push(...(await flawsOf(page)));
    }
    await resize(page, NARROW);
    flaws.push(...(await withTextSpacing(page, () => spacingFlaws(page))));
    found.push(...flaws.map((flaw) => `${state}: ${flaw}`));
    await resize(page, WIDE);
  });
  expect(found).toEqual([]);
});

async function spacingFlaws(page: Page): Promise<string[]> {
  const lost = (await lostTexts(page)).map((text) => `with more spacing, ${text}`);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  return width > NARROW.width ? [...lost, `${width} px wide with more spacing`] : lost;
}
