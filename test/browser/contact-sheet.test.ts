import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import {
  COLORS,
  hueOf,
  isExact,
  lightnessOf,
  saturationOf,
  sheet,
  tileBoxes,
  tileColors,
  writePhotos,
} from "../support/contact-sheet.ts";
import { allStored, drop, failUploads, holdUploads } from "../support/page.ts";

const HUES = ["blue", "green", "red", "yellow"];
const WIDTH = 1000;

test.beforeEach(async ({ page, folder, server }) => {
  await writePhotos(join(folder, "photos"));
  await page.setViewportSize({ width: WIDTH, height: 900 });
  await page.goto(server.origin, { waitUntil: "networkidle" });
});

describe("contact sheet", () => {
  test("shows pictures pale before they are stored, and then in their colours", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "photos")]);
    await expect.poll(async () => (await tileColors(page)).map(hueOf).toSorted()).toEqual(HUES);
    for (const color of await tileColors(page)) expect(saturationOf(color)).toBeLessThan(0.5);
    release();
    await allStored(page, COLORS.length);
    await expect
      .poll(async () => (await tileColors(page)).filter(isExact).length)
      .toBe(COLORS.length);
  });

  test("leads from a tile to its row, and shows its name under the pointer", async ({
    page,
    folder,
  }) => {
    await drop(page, [join(folder, "photos")]);
    await allStored(page, COLORS.length);
    const [, , third] = await tileBoxes(page);
    const position = { x: (third?.left ?? 0) + 5, y: (third?.top ?? 0) + 5 };
    const name = await page.locator("[data-file='2'] bdi").first().textContent();
    await sheet(page).hover({ position });
    await expect.poll(() => page.locator(".tile-name bdi").textContent()).toBe(name);
    await sheet(page).click({ position });
    await expect.poll(() => page.locator("[data-active=true]").getAttribute("data-file")).toBe("2");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("grid");
  });

  test("shows failed files as a cross", async ({ page, folder }) => {
    await failUploads(page);
    await drop(page, [join(folder, "photos")]);
    await page.locator("[data-state=failed]").first().waitFor();
    // The cross has the colour of the page in its middle, and the tile is red beside it.
    await expect
      .poll(() => tileColors(page, 0.5).then(([color]) => lightnessOf(color)))
      .toBe("light");
    await expect.poll(() => tileColors(page, 0.1).then(([color]) => hueOf(color))).toBe("red");
  });

  test("shows pictures that come after many other files", async ({ page, folder }) => {
    const mixed = join(folder, "mixed");
    await writePhotos(mixed, 100);
    for (let text = 0; text < 300; text++) await writeFile(join(mixed, `a-${text}.txt`), "text");
    await drop(page, [mixed]);
    await sheet(page).waitFor();
    await allStored(page, 400);
  });

  test("leaves other files to the tally strokes", async ({ page, folder }) => {
    const texts = join(folder, "texts");
    await mkdir(texts, { recursive: true });
    await writeFile(join(texts, "notes.txt"), "notes");
    await drop(page, [texts]);
    await allStored(page, 1);
    expect(await page.locator(".field").count()).toBe(1);
    expect(await page.locator(".contact-sheet").count()).toBe(0);
  });
});
