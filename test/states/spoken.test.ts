import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test as browserTest } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import {
  allStored,
  button,
  createdLink,
  drop,
  failUploads,
  holdUploads,
  summary,
} from "../support/page.ts";

const PICTURES = 2;
const SHEET =
  'img "Contact sheet: a tile for each file. The list has the same files, with their names."';

const test = browserTest.extend("pictures", { scope: "file" }, async ({ folder }) => {
  await writeImages(join(folder, "Trip"), PICTURES);
  return join(folder, "Trip");
});

/** The accessibility tree of the page as text: landmarks, headings, names and texts, in reading order. */
describe("a screen reader reads", () => {
  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("the empty page", async ({ page }) => {
    await button(page, "Choose files").waitFor();
    expect(await spoken(page.locator("body"))).toEqual([
      "banner",
      'link "Tallyman"',
      "main",
      'heading "Drop your files. Every one is counted." [level=1]',
      expect.stringMatching(/^paragraph: Upload up to 10,000 files at once/u),
      "paragraph: Drop or paste anywhere on this page, or",
      'button "Choose files"',
      'button "Choose folder"',
    ]);
  });

  test("a paused batch, and each row once", async ({ page, pictures }) => {
    await holdUploads(page);
    await drop(page, [pictures]);
    await button(page, "Pause").click();
    await page.locator(".connection[data-connection=paused]").waitFor();
    await button(page, "Rename").waitFor();
    await sheetShown(page);
    await page
      .getByRole("row")
      .nth(PICTURES - 1)
      .waitFor();
    const lines = await spoken(page.locator("body"));
    expect(lines.slice(0, 16)).toEqual([
      "banner",
      'link "Tallyman"',
      "paragraph: Paused",
      "main",
      'region "Batch progress"',
      "text: Trip",
      'button "Rename"',
      `heading "0 of ${PICTURES} files stored" [level=1]`,
      "paragraph: Paused. Uploads in progress will finish; the rest will wait.",
      expect.stringMatching(/^paragraph: 0% · 0 bytes of /u),
      SHEET,
      'progressbar "Batch progress"',
      'button "Resume"',
      'button "Add more"',
      'button "More controls": ⋯',
      'region "Share link"',
    ]);
    const rows = lines.filter((line) => line.startsWith("row "));
    expect(rows.join("\n")).toMatch(
      /^row "IMG_0001.png Trip [\d.]+ kB Waiting Cancel IMG_0001.png"$/mu,
    );
  });

  test("failures beside the bar, with what can be done about them", async ({ page, pictures }) => {
    await failUploads(page);
    await drop(page, [pictures]);
    await button(page, `Retry ${PICTURES}`).waitFor();
    await button(page, "Finish without them").waitFor();
    const lines = await spoken(page.locator("body"));
    const bar = lines.indexOf('progressbar "Batch progress"');
    expect(lines.slice(bar + 1, bar + 8)).toEqual([
      'region "Failed files"',
      "paragraph",
      `strong: ${PICTURES} files failed.`,
      expect.stringMatching(/^text: .*damaged/u),
      `button "Retry ${PICTURES}"`,
      'button "Finish without them"',
      'button "Show them"',
    ]);
  });

  test("the end of a batch, the link first, and the lightbox", async ({ page, pictures }) => {
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
    await page.waitForURL(/\/b\//u);
    // The link moves before the buttons.
    await page.locator(".share + .actions").waitFor();
    const lines = await spoken(page.locator("main"));
    expect(lines.filter((line) => line.includes(`All ${PICTURES}`))).toEqual([
      `heading "All ${PICTURES} photos are safe." [level=1]`,
      `button "All ${PICTURES}" [pressed]`,
    ]);
    const places = ['region "Share link"', 'button "Start another batch"', 'region "Summary"'];
    const order = places.map((line) => lines.indexOf(line));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);

    await page.getByRole("row", { name: "IMG_0001.png" }).getByText("View").click();
    const lightbox = page.getByRole("dialog", { name: "Pictures and videos" });
    await lightbox.getByRole("img").waitFor();
    await lightbox.getByText("Loading…").waitFor({ state: "detached" });
    expect(await spoken(lightbox)).toEqual([
      'dialog "Pictures and videos"',
      "status: IMG_0001.png 1 of 2",
      'link "Download"',
      'button "Close"',
      'img "IMG_0001.png"',
      'button "Previous" [disabled]',
      'button "Next"',
    ]);
    await expectFocusInside(page, lightbox);
    await page.keyboard.press("Escape");
    await lightbox.waitFor({ state: "detached" });
    await expect
      .poll(() => page.evaluate("document.activeElement.closest('[role=grid]') !== null"))
      .toBe(true);
  });

  test("the page of a recipient: what there is, and how to get it", async ({
    page,
    pictures,
    browser,
  }) => {
    const link = createdLink(page);
    await drop(page, [pictures]);
    await summary(page).waitFor();
    const viewer = await (await browser.newContext()).newPage();
    await viewer.goto(await link);
    await allStored(viewer, PICTURES);
    await sheetShown(viewer);
    await viewer.getByRole("link", { name: "Download all 2 files" }).waitFor();
    const lines = await spoken(viewer.locator("main"));
    expect(lines.slice(0, 8)).toEqual([
      "main",
      'region "Batch progress"',
      "text: Trip",
      `heading "All ${PICTURES} photos are safe." [level=1]`,
      expect.stringMatching(/^paragraph: [\d.]+ kB in /u),
      SHEET,
      'progressbar "Batch progress"',
      expect.stringMatching(/^link "Download all 2 files/u),
    ]);
    expect(lines).toContain('heading "Files" [level=2]');
    await viewer.context().close();
  });
});

/** Returns the lines of an accessibility tree, without addresses, choices and what says nothing. */
async function spoken(root: Locator): Promise<string[]> {
  const lines = (await root.ariaSnapshot()).split("\n");
  return lines
    .map((line) => line.trim().replace(/^- '?/u, "").replace(/'?:?$/u, ""))
    .filter((line) => !/^(?:\/url|option|status$|rowgroup)/u.test(line));
}

/** Expects that Tab never leaves an open dialog for the page behind it. */
async function expectFocusInside(page: Page, dialog: Locator): Promise<void> {
  for (let stop = 0; stop < 8; stop++) {
    await page.keyboard.press("Tab");
    const isOutside = await dialog.evaluate(
      (it) => document.activeElement !== document.body && !it.contains(document.activeElement),
    );
    expect(isOutside).toBe(false);
  }
}

/** Waits for the contact sheet, whose code loads after the batch. */
function sheetShown(page: Page): Promise<void> {
  return page.getByRole("img", { name: "Contact sheet" }).waitFor();
}
