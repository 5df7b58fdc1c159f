import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import {
  allStored,
  button,
  drop,
  failUploads,
  failures,
  holdUploads,
  summary,
} from "../support/page.ts";

const PICTURES = 40;
const NAMES = ["=1+1.txt", "b 2.txt", "b 10.txt"];

/** Behaviour of the page that needs a real browser. */
describe("the page in a browser", () => {
  test.beforeAll(async ({ folder }) => {
    await mkdir(join(folder, "deep/er"), { recursive: true });
    for (const [index, name] of NAMES.entries()) {
      await writeFile(join(folder, "deep/er", name), "x".repeat(100 * (index + 1)));
    }
    await writeImages(join(folder, "pictures"), PICTURES);
    await writeFile(join(folder, "pictures/damaged.png"), "not a picture");
  });

  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  const names = (page: Page) => page.locator(".row .name > bdi:first-child").allInnerTexts();

  test("the summary lists failures, can be downloaded as CSV, and is updated after a retry", async ({
    page,
    folder,
  }) => {
    await failUploads(page);
    await drop(page, [join(folder, "deep")]);
    await failures(page).getByText("3 files failed").waitFor();
    await page.getByRole("heading", { name: "0 of 3 files stored" }).waitFor();

    await page.unrouteAll();
    await failures(page).getByRole("button", { name: "Retry 3" }).click();
    await allStored(page, 3);
    await failures(page).waitFor({ state: "detached" });

    const download = page.waitForEvent("download");
    await summary(page).getByRole("button", { name: "Download CSV" }).click();
    const csv = await readFile(await (await download).path(), "utf8");
    const [titles, ...lines] = csv.split("\r\n");
    expect(titles).toBe("\u{FEFF}Number,Name,Folder,Bytes,State,Problem,What to do");
    // The order of the files in a folder depends on the file system.
    expect(lines.map((line) => line.replace(/^\d,/u, "")).toSorted()).toEqual([
      "",
      "'=1+1.txt,deep/er,100,Done,,",
      "b 10.txt,deep/er,300,Done,,",
      "b 2.txt,deep/er,200,Done,,",
    ]);
  });

  test("sorting orders numbers in names by value, and keeps the active file", async ({
    page,
    folder,
  }) => {
    // Only rows in the window and near it are in the DOM.
    await page.setViewportSize({ width: 1280, height: 1200 });
    await drop(page, [join(folder, "deep")]);
    await allStored(page, 3);
    const order = page.getByRole("combobox", { name: "Sort order" });
    await order.selectOption("Largest first");
    await expect.poll(() => names(page)).toEqual(NAMES.toReversed());

    await page.getByRole("grid").press("End");
    const active = page.locator(".row[data-active=true]");
    await expect.poll(() => active.innerText()).toContain("=1+1.txt");
    await order.selectOption("By name");
    await expect.poll(() => names(page)).toEqual(NAMES);
    expect(await active.innerText()).toContain("=1+1.txt");
  });

  test("the Delete key cancels a file, and a stored file can be downloaded", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "deep")]);
    await page.getByRole("combobox", { name: "Sort order" }).selectOption("Smallest first");
    // The files of a folder may be found one after the other.
    await expect.poll(() => names(page)).toEqual(NAMES);
    // A file that was only found can't be cancelled: it has no size yet.
    await button(page, `Cancel ${NAMES.at(-1)}`).waitFor();
    await page.getByRole("grid").press("End");
    await page.getByRole("grid").press("Delete");
    const last = page.locator(".row").last();
    await expect.poll(() => last.innerText()).toContain("Cancelled");
    expect(await page.evaluate(() => document.activeElement?.role)).toBe("grid");

    release();
    await page.getByRole("heading", { name: "2 of 3 files are safe." }).waitFor();
    await summary(page).getByText("1 file was cancelled.").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download b 2.txt" }).click();
    expect(await readFile(await (await download).path(), "utf8")).toBe("x".repeat(200));
  });

  test("files that wait are listed and sent once, however often they are dropped", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "deep")]);
    await expect.poll(() => names(page)).toHaveLength(3);
    await drop(page, [join(folder, "deep")]);
    await drop(page, [join(folder, "deep"), join(folder, "pictures/damaged.png")]);
    await expect.poll(() => names(page)).toHaveLength(4);
    // The percentage is shown once all drops have been read: their files must find the others waiting.
    await page.getByText(/^0% · /u).waitFor();
    release();
    await allStored(page, 4);
  });

  test("the QR code of the share link loads on demand, and Escape closes it", async ({
    page,
    folder,
  }) => {
    await drop(page, [join(folder, "deep")]);
    const code = page.getByRole("img", { name: "QR code of the share link" });
    expect(await code.count()).toBe(0);
    await page.getByRole("button", { name: "QR code" }).click();
    await expect.poll(() => code.evaluate(colorsOf)).toBe(2);
    await page.keyboard.press("Escape");
    await code.waitFor({ state: "detached" });
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("QR code");
  });

  test("the link for another device is shown until the batch completes", async ({
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

  test("visible pictures have thumbnails, other files show their type", async ({
    page,
    folder,
  }) => {
    await drop(page, [join(folder, "pictures")]);
    await allStored(page, PICTURES + 1);
    const search = page.getByRole("searchbox", { name: "Find by name" });
    const marks = page.locator(".thumbnail");
    await search.fill("IMG_0001");
    await expect.poll(() => marks.locator("canvas").count()).toBe(1);
    await expect.poll(() => marks.locator("canvas").evaluate(colorsOf)).toBeGreaterThan(100);
    await search.fill("damaged");
    await expect.poll(() => marks.allInnerTexts()).toEqual(["PNG"]);
    expect(await marks.locator("canvas").count()).toBe(0);
  });
});

/** Returns the number of different colors in a canvas. */
function colorsOf(canvas: Element): number {
  const context = canvas instanceof HTMLCanvasElement ? canvas.getContext("2d") : null;
  if (!context) return 0;
  const { data } = context.getImageData(0, 0, context.canvas.width, context.canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}
