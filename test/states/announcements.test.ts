import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { type Announced, recordAnnouncements } from "../support/announcements.ts";
import { test } from "../support/browser-test.ts";
import {
  button,
  createdLink,
  drop,
  failUploads,
  holdCreation,
  holdUploads,
  rowsSteady,
  summary,
} from "../support/page.ts";

const FILES = 5;
const GAP_MS = 10_000;
/** Timers of a browser and its clock differ by less. */
const CLOCK_MS = 50;

describe("screen readers hear", () => {
  test.beforeEach(async ({ page, server, folder }) => {
    await mkdir(join(folder, "all"), { recursive: true });
    for (let number = 1; number <= FILES; number++)
      await writeFile(join(folder, "all", `${number}.txt`), "text");
    await page.goto(server.origin);
  });

  test("one announcement in ten seconds, from the first file to the end", async ({
    page,
    folder,
  }) => {
    const announced = await recordAnnouncements(page);
    const lastText = async () => (await announced()).at(-1)?.text;
    const release = await holdUploads(page);
    await drop(page, [join(folder, "all")]);
    await expect.poll(lastText).toBe(`${FILES} files added.`);
    for (const name of ["Pause", "Resume", "Pause"]) await button(page, name).click();
    await expect
      .poll(lastText)
      .toBe("Paused. Uploads in progress will finish; the rest will wait.");
    // Less important than the end, which comes before this is announced.
    await button(page, "Copy link").click();
    await button(page, "Resume").click();
    release();
    await expect.poll(lastText).toBe(`All ${FILES} files are safe.`);

    expect(shortestGap(await announced())).toBeGreaterThan(GAP_MS - CLOCK_MS);
    // Alerts are for what needs a person at once.
    expect((await announced()).filter(({ role }) => role === "alert")).toEqual([]);
  });

  test("that a cancelled file can be restored at once, and failures once for all files", async ({
    page,
    folder,
  }) => {
    const announced = await recordAnnouncements(page);
    const texts = async () => (await announced()).map(({ text }) => text);
    const release = await holdCreation(page);
    await failUploads(page);
    await drop(page, [join(folder, "all")]);
    await cancelAny(page);
    await expect
      .poll(texts)
      .toEqual([expect.stringMatching(/^\d.txt is cancelled. Press Enter to undo.$/u)]);
    await cancelAny(page);
    await expect.poll(texts).toHaveLength(2);
    release();
    const outcome = `0 of ${FILES} files are safe. 2 files were cancelled. 3 files failed.`;
    await expect.poll(async () => (await texts()).at(-1)).toBe(outcome);
    await page.unrouteAll();
    await button(page, "Retry 3").click();
    const end = `3 of ${FILES} files are safe. 2 files were cancelled.`;
    await expect.poll(async () => (await texts()).at(-1)).toBe(end);

    // The offer to undo lasts for eight seconds.
    const withoutOffers = (await announced()).slice(1);
    expect(withoutOffers.every(({ role }) => role === "status")).toBe(true);
    expect(shortestGap(withoutOffers)).toBeGreaterThan(GAP_MS - CLOCK_MS);
  });

  test("the end of a batch while a dialog is open, which makes the page behind it inert", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "all")]);
    await button(page, "QR code").click();
    const dialog = page.getByRole("dialog", { name: "Scan to view" });
    await dialog.waitFor();
    release();
    await summary(page).waitFor();
    await expect
      .poll(() => dialog.getByRole("status").innerText())
      .toBe(`All ${FILES} files are safe.`);
    expect(await dialog.evaluate((it) => it.matches(":modal"))).toBe(true);
  });

  test("nothing about files that were added, when a batch is opened to see it", async ({
    page,
    folder,
    browser,
  }) => {
    const link = createdLink(page);
    await drop(page, [join(folder, "all")]);
    await summary(page).waitFor();
    const viewer = await (await browser.newContext()).newPage();
    await viewer.goto(await link);
    const announced = await recordAnnouncements(viewer);
    await summary(viewer).waitFor();
    await viewer.getByRole("grid").waitFor();
    expect(await announced()).toEqual([]);
    await viewer.context().close();
  });
});

/** Cancels the file of the first row. */
async function cancelAny(page: Page): Promise<void> {
  const waiting = page.getByRole("row").filter({ hasText: "Waiting" });
  await rowsSteady(page);
  await waiting
    .getByRole("button", { name: /^Cancel /u })
    .first()
    .click();
}

/** Returns the milliseconds between the two announcements that are closest to each other. */
function shortestGap(announced: readonly Announced[]): number {
  return Math.min(...announced.slice(1).map(({ at }, index) => at - (announced[index]?.at ?? 0)));
}
