import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import {
  allStored,
  createdLink,
  drop,
  failUploads,
  failures,
  holdUploads,
} from "../support/page.ts";

const FILES = 60;
/** The most that a batch has. */
const MANY = 10_000;

async function writeFiles(folder: string, count: number): Promise<void> {
  await mkdir(folder);
  for (let number = 0; number < count; number++)
    await writeFile(join(folder, `${number}.txt`), "x");
}

async function printedPages(page: Page): Promise<number> {
  const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
  return pdf.match(/\/Type\s*\/Page\b/gu)?.length ?? 0;
}

/** Waits for the link and its QR code, which are only on paper. */
async function linkPrinted(page: Page, link: string): Promise<void> {
  await page.emulateMedia({ media: "print" });
  await page.locator(".printed-link p").getByText(link).waitFor();
  const code = page.locator(".printed-link canvas");
  await code.waitFor();
  // A canvas without a picture is 300 px wide and has none of its modules.
  await expect.poll(() => code.evaluate(darkShare)).toBeGreaterThan(0.2);
  await page.emulateMedia({ media: null });
  expect(await code.isVisible()).toBe(false);
}

/** Returns the share of dark pixels. */
function darkShare(code: Node): number {
  if (!(code instanceof HTMLCanvasElement)) return 0;
  const { width, height } = code;
  const { data = [] } = code.getContext("2d")?.getImageData(0, 0, width, height) ?? {};
  let dark = 0;
  for (let at = 0; at < data.length; at += 4)
    if ((data[at] ?? 255) < 128 && data[at + 3] === 255) dark += 1;
  return dark / (width * height);
}

describe("a batch is printed on one page", () => {
  test("with its link and QR code, by its sender and by a viewer, in light colours", async ({
    page,
    browser,
    folder,
    server,
    onTestFinished,
  }) => {
    const files = join(folder, "printed");
    await writeFiles(files, FILES);
    await page.goto(server.origin);
    const created = createdLink(page);
    await drop(page, [files]);
    const link = await created;
    await allStored(page, FILES);
    await linkPrinted(page, link);
    expect(await printedPages(page)).toBe(1);
    // In the sender's browser, the link opens the sender's page.
    const other = await browser.newContext();
    onTestFinished(() => other.close());
    const viewer = await other.newPage();
    await viewer.emulateMedia({ colorScheme: "dark" });
    await viewer.goto(link);
    await viewer.getByRole("heading", { name: `All ${FILES} files are safe.` }).waitFor();
    await linkPrinted(viewer, link);
    expect(await printedPages(viewer)).toBe(1);
    await viewer.emulateMedia({ colorScheme: "dark", media: "print" });
    expect(await paperBrightness(viewer)).toBeGreaterThan(200);
  });

  test("with 10,000 files that are being sent", async ({ page, folder, server }) => {
    const files = join(folder, "many");
    await writeFiles(files, MANY);
    await holdUploads(page);
    await page.goto(server.origin);
    const created = createdLink(page);
    await drop(page, [files]);
    const link = await created;
    await page.getByRole("heading", { name: "0 of 10,000 files stored" }).waitFor();
    await linkPrinted(page, link);
    expect(await printedPages(page)).toBe(1);
  });

  test("with the number of failed files and the reason", async ({ page, folder, server }) => {
    const files = join(folder, "failed");
    await writeFiles(files, 3);
    await failUploads(page);
    await page.goto(server.origin);
    await drop(page, [files]);
    await failures(page).waitFor();
    await expect.poll(() => failures(page).innerText()).toContain("3 files failed");
    expect(await printedPages(page)).toBe(1);
    await page.emulateMedia({ media: "print" });
    expect(await page.getByRole("heading", { name: "0 of 3 files stored" }).isVisible()).toBe(true);
    const printed = await failures(page).innerText();
    expect(printed).toMatch(
      /^3 files failed\.\s+The files were damaged during the upload\. Try again\.$/u,
    );
    expect(await page.getByRole("button").count()).toBe(0);
  });
});

/** Returns the darkest of the three colours of the page's background, 0 to 255. */
function paperBrightness(page: Page): Promise<number> {
  return page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d");
    if (context === null) return 0;
    context.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    return Math.min(...context.getImageData(0, 0, 1, 1).data);
  });
}
