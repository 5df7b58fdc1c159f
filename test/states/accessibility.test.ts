import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { recordAnnouncements } from "../support/announcements.ts";
import { flawsOf } from "../support/axe.ts";
import { test } from "../support/browser-test.ts";
import {
  button,
  connected,
  copyLink,
  drop,
  failUploads,
  holdUploads,
  summary,
} from "../support/page.ts";

/** Many more than the list shows at once. */
const FILES = 600;
const FEW = 3;

/** Checks screen readers' semantics, the keyboard, zoom, reduced motion and forced colors. */
describe("the page is accessible", () => {
  test.beforeAll(async ({ folder }) => {
    await Promise.all([
      writeFiles(join(folder, "few"), FEW),
      writeFiles(join(folder, "many"), FILES),
    ]);
  });

  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("when empty, and after an empty folder was dropped", async ({ page, folder }) => {
    expect(await flawsOf(page)).toEqual([]);
    await mkdir(join(folder, "nothing"));
    await drop(page, [join(folder, "nothing")]);
    await page.getByText("1 folder is empty").first().waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });

  test("while uploading, offline, paused, completed, and in a viewer", async ({
    page,
    folder,
    context,
    browser,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "few")]);
    await connected(page);
    expect(await flawsOf(page)).toEqual([]);

    await context.setOffline(true);
    await page.locator(".connection[data-connection=offline]").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await context.setOffline(false);
    await connected(page);

    await button(page, "Pause").click();
    await page.getByText("Paused.").first().waitFor();
    expect(await flawsOf(page)).toEqual([]);

    await button(page, "Resume").click();
    release();
    await summary(page).waitFor();
    expect(await flawsOf(page)).toEqual([]);

    await button(page, "QR code").click();
    await page.getByRole("dialog").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.keyboard.press("Escape");

    const link = await copyLink(page);
    // In the sender's own browser, the link opens the sender's page.
    const watcher = await (await browser.newContext()).newPage();
    await watcher.goto(link);
    await summary(watcher).waitFor();
    expect(await flawsOf(watcher)).toEqual([]);
    await watcher.context().close();
  });

  test("with failed files, and with an invalid share link", async ({ page, folder, server }) => {
    await failUploads(page);
    await drop(page, [join(folder, "few")]);
    await summary(page).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.goto(`${server.origin}/b/nowhere#token=none`);
    await page.getByRole("heading", { name: "This link doesn't work." }).waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });

  test("by keyboard: the active row of a long list is never lost", async ({ page, folder }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "many")]);
    const grid = page.getByRole("grid");
    const focused = () => page.evaluate(() => document.activeElement?.role);
    await expect.poll(() => grid.getAttribute("aria-rowcount")).toBe(`${FILES}`);
    await reach(page, grid);
    await page.keyboard.press("End");
    await expect
      .poll(() => activeRow(page))
      .toMatchObject({ position: `${FILES}`, isVisible: true });
    await page.mouse.wheel(0, -FILES * 100);
    await expect.poll(() => page.evaluate("scrollY")).toBe(0);
    // The active row is not rendered any more, but the grid keeps the focus.
    await expect.poll(() => grid.getAttribute("aria-activedescendant")).toBeNull();
    expect(await focused()).toBe("grid");
    await page.keyboard.press("ArrowUp");
    await expect
      .poll(() => activeRow(page))
      .toMatchObject({ position: `${FILES - 1}`, isVisible: true });

    // A file that was only found can't be cancelled: it has no size yet.
    await expect.poll(async () => (await activeRow(page)).text).toContain("×");
    await page.keyboard.press("Delete");
    await expect.poll(async () => (await activeRow(page)).text).toContain("Cancelled");
    release();
    await summary(page).waitFor();
    await page.keyboard.press("ArrowUp");
    // The row shows its file's progress step by step, and the page has moved above it.
    await expect
      .poll(() => activeRow(page))
      .toMatchObject({ text: expect.stringContaining("Done"), isVisible: true });
    const download = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    expect((await download).suggestedFilename()).toMatch(/^a rather long name/u);
    expect(await focused()).toBe("grid");
  });

  test("to screen readers: rows have their position and state, and only milestones are announced", async ({
    page,
    folder,
  }) => {
    const announced = await recordAnnouncements(page);
    await drop(page, [join(folder, "many")]);
    const row = page.getByRole("row").nth(2);
    await expect.poll(() => row.getAttribute("aria-rowindex")).toBe("3");
    await summary(page).waitFor();
    const cells = row.getByRole("gridcell");
    expect(await cells.first().innerText()).toMatch(/^a rather long name/u);
    // Once: neither the thumbnail nor the bar repeats it. The row shows its file's progress step by step.
    await expect
      .poll(() => row.ariaSnapshot())
      .toMatch(/row "a rather long name, number \d+.txt many 4 bytes Done Download/u);
    const sentences = async () => (await announced()).map(({ text }) => text);
    await expect.poll(sentences).toContain(`All ${FILES} files are safe.`);
    expect(await sentences()).not.toContainEqual(expect.stringContaining("a rather long name"));
  });

  test("when a focused button disappears, the focus stays nearby", async ({ page, folder }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "few")]);
    await button(page, "Pause").focus();
    await page.keyboard.press("Enter");
    await button(page, "Resume").waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).not.toBe("BODY");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Shift+Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Resume");
    await page.keyboard.press("Enter");
    release();
    await summary(page).waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).not.toBe("BODY");
  });

  test("with reduced motion, with forced colors, and from right to left", async ({
    page,
    folder,
  }) => {
    await page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active" });
    await holdUploads(page);
    await drop(page, [join(folder, "few")]);
    await connected(page);
    await button(page, "Pause").focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    const outline = button(page, "Pause").evaluate((it) => getComputedStyle(it).outlineStyle);
    expect(await outline).toBe("solid");
    expect(await page.evaluate("document.getAnimations().length")).toBe(0);
    const bar = page.locator(".batch-bar");
    expect(await bar.evaluate((it) => getComputedStyle(it).outlineStyle)).toBe("solid");

    await page.evaluate(() => void (document.documentElement.dir = "rtl"));
    expect(await bar.evaluate((it) => getComputedStyle(it).scale)).toBe("-1 1");
    expect(await flawsOf(page)).toEqual([]);
  });
});

async function writeFiles(folder: string, count: number): Promise<void> {
  await mkdir(folder);
  for (let number = 1; number <= count; number++) {
    await writeFile(join(folder, `a rather long name, number ${number}.txt`), "text");
  }
}

/** Presses Tab until the element has the focus. */
async function reach(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < 40; stop++) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((it) => it === document.activeElement)) return;
  }
  throw new Error("Tab does not reach the element.");
}

/** Returns the row that the grid marks as active. */
function activeRow(page: Page) {
  return page.evaluate(() => {
    const id = document.activeElement?.getAttribute("aria-activedescendant") ?? "";
    const row = document.getElementById(id);
    const { top = -1, bottom = Infinity } = row?.getBoundingClientRect() ?? {};
    const isVisible = top >= 0 && bottom <= innerHeight;
    return { position: row?.getAttribute("aria-rowindex"), text: row?.innerText, isVisible };
  });
}
