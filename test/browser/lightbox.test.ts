import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { allStored, button, drop } from "../support/page.ts";

const PICTURES = 4;
const CONTENT = /\/files\/\d+\/content/u;
/** Pixels of each picture's side. */
const SIDE = 256;

const test = browserTest.extend("pictures", { scope: "file" }, async ({ folder }) => {
  const pictures = join(folder, "pictures");
  await writeImages(pictures, PICTURES);
  await writeFile(join(pictures, "notes.txt"), "no picture");
  await writeFile(join(pictures, "z.heic"), "a format that Chromium doesn't draw");
  await writeFile(join(pictures, "film.mp4"), "no film");
  return pictures;
});

describe("the lightbox", () => {
  const dialog = (page: Page) => page.getByRole("dialog", { name: "Pictures and videos" });
  const place = async (page: Page): Promise<string> =>
    (await dialog(page).getByRole("status").locator("span").innerText()).trim();
  const name = (page: Page) => dialog(page).getByRole("status").locator("bdi").innerText();

  test.beforeEach(async ({ page, pictures, server }) => {
    await page.goto(server.origin);
    await drop(page, [pictures]);
    await allStored(page, PICTURES + 3);
  });

  /** Opens the first picture by its row. */
  async function open(page: Page): Promise<void> {
    await page.getByRole("combobox", { name: "Sort order" }).selectOption("By name");
    await page.getByRole("button", { name: "View IMG_0001.png" }).click();
    await dialog(page).waitFor();
  }

  test("shows the file itself, and goes through pictures by keyboard and buttons", async ({
    page,
  }) => {
    await open(page);
    const image = dialog(page).getByRole("img", { name: "IMG_0001.png" });
    const size = () => image.evaluate((it) => it instanceof HTMLImageElement && it.naturalWidth);
    await expect.poll(size).toBe(SIDE);
    expect(await flawsOf(page)).toEqual([]);

    await page.keyboard.press("Home");
    await expect.poll(() => place(page)).toMatch(/^1 of [456]$/u);
    const first = await name(page);
    await page.keyboard.press("ArrowLeft");
    expect(await name(page)).toBe(first);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => place(page)).toMatch(/^2 of/u);
    await button(page, "Next").click();
    await expect.poll(() => place(page)).toMatch(/^3 of/u);
    await button(page, "Previous").click();
    await expect.poll(() => place(page)).toMatch(/^2 of/u);
    await page.keyboard.press("End");
    await expect.poll(() => place(page)).toMatch(/^(\d) of \1$/u);
    await expect.poll(() => name(page)).not.toBe(first);
  });

  test("keeps the focus inside, and returns it to the list", async ({ page }) => {
    await open(page);
    const isInside = () =>
      page.evaluate(() => document.activeElement?.closest("dialog, body")?.tagName);
    for (let stop = 0; stop < 4; stop++) {
      expect(await isInside()).toBe("DIALOG");
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    await expect.poll(() => page.evaluate(() => document.activeElement?.role)).toBe("grid");
  });

  test("goes on with a swipe, and not with a tap", async ({ page }) => {
    await open(page);
    await page.keyboard.press("Home");
    await swipe(page, 0);
    await expect.poll(() => place(page)).toMatch(/^1 of/u);
    await swipe(page, -120);
    await expect.poll(() => place(page)).toMatch(/^2 of/u);
    await swipe(page, 120);
    await expect.poll(() => place(page)).toMatch(/^1 of/u);
  });

  test("says that the connection failed, and shows the file after a retry", async ({ page }) => {
    await page.route(CONTENT, (route) => route.abort());
    await open(page);
    await dialog(page).getByText("The connection failed.").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.unrouteAll();
    await dialog(page).getByRole("button", { name: "Retry" }).click();
    const image = dialog(page).getByRole("img", { name: "IMG_0001.png" });
    const size = () => image.evaluate((it) => it instanceof HTMLImageElement && it.naturalWidth);
    await expect.poll(size).toBe(SIDE);
  });

  test.for([
    [429, "rate_limited", "Too many requests.", 1],
    [401, "token_revoked", "This link was ended.", 0],
  ] as const)("says why the server refuses a file: %s %s", async (given, { page }) => {
    const [status, code, text, retries] = given;
    await page.route(CONTENT, (route) =>
      route.fulfill({
        status,
        headers: { "tallyman-version": "1.0.0" },
        contentType: "application/problem+json",
        body: JSON.stringify({ code, detail: "Refused." }),
      }),
    );
    await open(page);
    await dialog(page).getByText(text).waitFor();
    expect(await dialog(page).getByRole("button", { name: "Retry" }).count()).toBe(retries);
  });

  test("says that the browser can't show a file, which can be downloaded", async ({ page }) => {
    await page.getByRole("button", { name: "View film.mp4" }).click();
    await dialog(page).getByText("This browser can't show film.mp4.").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    const download = page.waitForEvent("download");
    await dialog(page).getByRole("link", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toBe("film.mp4");
  });

  test("is dark in a browser without light-dark() as well", async ({ page, pictures, server }) => {
    const colours = () =>
      dialog(page).evaluate((it) => {
        const { backgroundColor, color } = getComputedStyle(it);
        return [backgroundColor, color];
      });
    await open(page);
    const usual = await colours();
    await page.route("**/*.css", async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replaceAll("light-dark(", "unknown(");
      await route.fulfill({ response, body });
    });
    await page.goto(server.origin);
    await drop(page, [pictures]);
    await allStored(page, PICTURES + 3);
    await open(page);
    expect(await colours()).toEqual(usual);
  });

  test("opens a video from its row, by keyboard as well", async ({ page }) => {
    await page.getByRole("button", { name: "View film.mp4" }).click();
    await dialog(page).getByText("This browser can't show film.mp4.").waitFor();
    await page.keyboard.press("Escape");
    const grid = page.getByRole("grid", { name: "Enter opens a picture or video" });
    await grid.press("Enter");
    await dialog(page).waitFor();
    expect(await name(page)).toBe("film.mp4");
  });

  test("plays a video under the page's Content Security Policy", async ({ page }) => {
    const violations: string[] = [];
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) violations.push(message.text());
    });
    await open(page);
    const played = await page.evaluate(async () => {
      const video = document.createElement("video");
      video.src = document.querySelector<HTMLAnchorElement>("dialog a")?.href ?? "";
      return new Promise((resolve) => (video.onerror = () => resolve(video.error?.code)));
    });
    // It is no video (4), which only a browser that has loaded it can tell.
    expect(played).toBe(4);
    expect(violations).toEqual([]);
  });
});

/** Swipes by that many pixels with a finger. */
async function swipe(page: Page, by: number): Promise<void> {
  const stage = page.locator(".lightbox-stage");
  for (const [type, x] of [
    ["pointerdown", 300],
    ["pointerup", 300 + by],
  ] as const) {
    const at = { pointerId: 7, pointerType: "touch", isPrimary: true, clientX: x, clientY: 300 };
    await stage.dispatchEvent(type, { ...at, bubbles: true });
  }
}
