import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { allStored, button, drop, failUploads, holdUploads, summary } from "../support/page.ts";

const PICTURES = 40;
const NAMES = ["=1+1.txt", "b 2.txt", "b 10.txt"];

/** What only a browser shows of the page. */
describe("the page", () => {
  test.beforeAll(async ({ folder }) => {
    await mkdir(join(folder, "deep/er"), { recursive: true });
    for (const [place, name] of NAMES.entries()) {
      await writeFile(join(folder, "deep/er", name), "x".repeat(100 * (place + 1)));
    }
    await writeImages(join(folder, "pictures"), PICTURES);
    await writeFile(join(folder, "pictures/damaged.png"), "no picture");
  });

  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  const names = (page: Page) => page.locator(".row .name > bdi:first-child").allInnerTexts();

  test("a summary has the failures first, can be saved, and is right after a retry", async ({
    page,
    folder,
  }) => {
    await failUploads(page);
    await drop(page, [join(folder, "deep")]);
    await summary(page).getByText("3 files failed").waitFor();
    expect(await summary(page).innerText()).toContain("0 of 3 files are stored.");

    await page.unrouteAll();
    await summary(page).getByRole("button", { name: "Retry 3 files" }).click();
    await allStored(page, 3);
    expect(await summary(page).innerText()).not.toContain("failed");

    const download = page.waitForEvent("download");
    await summary(page).getByRole("button", { name: "Download CSV" }).click();
    const csv = await readFile(await (await download).path(), "utf8");
    const [titles, ...lines] = csv.split("\r\n");
    expect(titles).toBe("\u{FEFF}Number,Name,Folder,Bytes,State,Problem,What to do");
    // The disk says in which order a folder's files are found.
    expect(lines.map((line) => line.replace(/^\d,/u, "")).toSorted()).toEqual([
      "",
      "'=1+1.txt,deep/er,100,Done,,",
      "b 10.txt,deep/er,300,Done,,",
      "b 2.txt,deep/er,200,Done,,",
    ]);
  });

  test("the list is sorted as a person would, and the keyboard stays on its file", async ({
    page,
    folder,
  }) => {
    await drop(page, [join(folder, "deep")]);
    await allStored(page, 3);
    const order = page.getByRole("combobox", { name: "Sort order" });
    await order.selectOption("Largest first");
    expect(await names(page)).toEqual(NAMES.toReversed());

    await page.getByRole("grid").press("End");
    const active = page.locator(".row[data-active=true]");
    expect(await active.innerText()).toContain("=1+1.txt");
    await order.selectOption("By name");
    await expect.poll(() => names(page)).toEqual(NAMES);
    expect(await active.innerText()).toContain("=1+1.txt");
  });

  test("a file is called off by a key, and a stored one is brought back", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "deep")]);
    await page.getByRole("combobox", { name: "Sort order" }).selectOption("Smallest first");
    await page.getByRole("grid").press("End");
    await page.getByRole("grid").press("Delete");
    const last = page.locator(".row").last();
    await expect.poll(() => last.innerText()).toContain("Cancelled");
    expect(await page.evaluate(() => document.activeElement?.role)).toBe("grid");

    release();
    await summary(page).getByText("2 of 3 files are stored. 1 file was cancelled.").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download b 2.txt" }).click();
    expect(await readFile(await (await download).path(), "utf8")).toBe("x".repeat(200));
  });

  test("what is dropped twice is kept back until somebody says what is meant", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "deep")]);
    await expect.poll(() => names(page)).toHaveLength(3);
    await drop(page, [join(folder, "deep")]);
    await page.getByText("3 files are already in this batch").waitFor();
    expect(await names(page)).toHaveLength(3);
    await page.getByRole("button", { name: "Upload again" }).click();
    await expect.poll(() => names(page)).toHaveLength(6);
    release();
    await allStored(page, 6);
  });

  test("the share link is a code, too, that only who asks for it loads", async ({
    page,
    folder,
  }) => {
    await drop(page, [join(folder, "deep")]);
    const code = page.getByRole("img", { name: "QR code of the share link" });
    expect(await code.count()).toBe(0);
    await page.getByRole("button", { name: "QR code" }).click();
    await expect.poll(() => code.evaluate(coloursOf)).toBe(2);
    await page.keyboard.press("Escape");
    expect(await code.count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("QR code");
  });

  test("the link for another device is there while there is something to go on with", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "deep")]);
    await button(page, "Continue on another device").waitFor();
    release();
    await allStored(page, NAMES.length);
    await button(page, "Continue on another device").waitFor({ state: "detached" });
    expect(await button(page, "QR code").count()).toBe(1);
  });

  test("pictures in sight are seen small, other files by their kind", async ({ page, folder }) => {
    await drop(page, [join(folder, "pictures")]);
    await allStored(page, PICTURES + 1);
    const search = page.getByRole("searchbox", { name: "Search by name" });
    const marks = page.locator(".thumbnail");
    await search.fill("IMG_0001");
    await expect.poll(() => marks.locator("canvas").count()).toBe(1);
    expect(await marks.locator("canvas").evaluate(coloursOf)).toBeGreaterThan(100);
    await search.fill("damaged");
    await expect.poll(() => marks.allInnerTexts()).toEqual(["PNG"]);
    expect(await page.locator("canvas:not(.field)").count()).toBe(0);
  });
});

/** How many different colours a canvas shows. */
function coloursOf(canvas: Element): number {
  const context = canvas instanceof HTMLCanvasElement ? canvas.getContext("2d") : null;
  if (!context) return 0;
  const { data } = context.getImageData(0, 0, context.canvas.width, context.canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}
