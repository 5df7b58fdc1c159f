import { describe, expect } from "vitest";
import { join } from "node:path";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { test as statesTest } from "../support/states-test.ts";
import { writeImages } from "../support/images.ts";
import { lostTexts } from "../support/lost-text.ts";
import { visitStates } from "../support/page-states.ts";
import { drop, rowsSteady } from "../support/page.ts";
import { mirrorGerman } from "../support/pseudo-language.ts";
import { resize } from "../support/resize.ts";

/** Pixels. */
const WIDTHS = [1280, 320];
const PICTURES = 3;

const test = statesTest.override("contextOptions", { locale: "de" });

/** The page in a language that is read from right to left. */
describe("the page, mirrored", () => {
  test.beforeEach(async ({ context, recipient }) => {
    await mirrorGerman(context);
    await mirrorGerman(recipient);
  });

  test("shows all of its texts in each state, wide and narrow", async ({ visited }) => {
    const found: string[] = [];
    await visitStates(visited, async (page, state) => {
      await page.locator("html[dir=rtl]").waitFor();
      for (const width of WIDTHS) {
        await resize(page, { width, height: 800 });
        const lost = await lostTexts(page);
        found.push(...lost.map((text) => `${state} at ${width} px: ${text}`));
        const all = await page.evaluate(() => document.documentElement.scrollWidth);
        if (all > width) found.push(`${state}: ${all} px wide in a window of ${width}`);
      }
    });
    expect(found).toEqual([]);
  });

  test("has each part on the other side", async ({ context, server, folder }) => {
    const page = await openDone(context, server.origin, join(folder, "XX"));
    await expectInOrder(page.locator(".masthead > *"), [".brand", ".connection"]);
    await expectInOrder(page.locator(".share > :is(input, button)"), ["input", ".primary"]);
    const row = page.locator(".row").first();
    await expectInOrder(row.locator("> span"), [".thumbnail", ".name", ".action", ".end"]);
    const thumbnail = await boxOf(row.locator(".thumbnail"));
    const name = await boxOf(row.locator(".file-name"));
    // Names in Latin letters, too, are beside their thumbnail.
    expect(thumbnail.x - (name.x + name.width)).toBeLessThan(40);
    const link = page.locator(".share > input");
    expect(await link.evaluate((it) => getComputedStyle(it).direction)).toBe("ltr");
    // The tiles begin on the right.
    const sheet = await boxOf(page.locator(".contact-sheet canvas"));
    await page.mouse.move(sheet.x + sheet.width - 8, sheet.y + 8);
    await page.locator(".tile-name").waitFor();
    await page.mouse.move(sheet.x + 8, sheet.y + 8);
    await page.locator(".tile-name").waitFor({ state: "detached" });
    await page.close();
  });

  test("has the next picture to the left", async ({ context, server, folder }) => {
    const page = await openDone(context, server.origin, join(folder, "YY"));
    await page.locator(".row .action button").first().click();
    const lightbox = page.locator("dialog[open]");
    await lightbox.locator("img").waitFor();
    const shown = () => lightbox.locator("bdi").innerText();
    await expectInOrder(lightbox.locator(".lightbox-arrow"), [".is-previous", ".is-next"]);
    expect(await shown()).toBe("IMG_0001.png");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(shown).toBe("IMG_0002.png");
    await page.keyboard.press("ArrowRight");
    await expect.poll(shown).toBe("IMG_0001.png");
    await page.close();
  });
});

/** Opens a page, and waits until it has stored some pictures. */
async function openDone(context: BrowserContext, origin: string, folder: string): Promise<Page> {
  await writeImages(folder, PICTURES);
  const page = await context.newPage();
  await page.goto(origin);
  await page.locator(".empty button").first().waitFor();
  await drop(page, [folder]);
  await page.locator(".brand[data-done=true]").waitFor();
  await page.locator(".row .action button").first().waitFor();
  await expect.poll(() => page.locator(".row .name").first().innerText()).toContain("IMG_0001.png");
  await rowsSteady(page);
  return page;
}

/** Expects the elements with these selectors from the right to the left. */
async function expectInOrder(elements: Locator, selectors: readonly string[]): Promise<void> {
  const boxes = [];
  for (const selector of selectors)
    boxes.push(await boxOf(elements.and(elements.page().locator(selector)).first()));
  const ends = boxes.map(({ x, width }) => x + width);
  expect(ends).toEqual(ends.toSorted((a, b) => b - a));
  expect(new Set(ends).size).toBe(selectors.length);
}

async function boxOf(element: Locator) {
  const box = await element.boundingBox();
  if (box === null) throw new TypeError("The element isn't shown.");
  return box;
}
