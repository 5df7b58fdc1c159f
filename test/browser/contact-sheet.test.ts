import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { tileBox, tileLayout } from "../../site/contact-sheet/tile-layout.ts";
import { test } from "../support/browser-test.ts";
import { encodePng } from "../support/images.ts";
import { allStored, drop, failUploads, holdUploads } from "../support/page.ts";

type Color = readonly [red: number, green: number, blue: number];

const COLORS: readonly Color[] = [
  [220, 40, 40],
  [40, 180, 60],
  [50, 70, 220],
  [230, 200, 40],
];

/** Pixels per side of the pictures. */
const SIDE = 48;
const WIDTH = 1000;

test.beforeEach(async ({ page, folder, server }) => {
  await mkdir(join(folder, "photos"), { recursive: true });
  for (const [index, color] of COLORS.entries()) {
    const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => color[at % 3] ?? 0);
    await writeFile(join(folder, "photos", `photo-${index}.png`), encodePng(SIDE, SIDE, pixels));
  }
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

const HUES = ["blue", "green", "red", "yellow"];

function sheet(page: Page) {
  return page.locator(".contact-sheet canvas");
}

/** Returns the boxes of the tiles, in a window with one device pixel per CSS pixel. */
async function tileBoxes(page: Page) {
  const width = await sheet(page).evaluate((canvas) => canvas.clientWidth);
  const layout = tileLayout(COLORS.length, width, 280);
  return COLORS.map((_, place) => tileBox(layout, place, 1, false));
}

/** Returns the colours of the tiles, at that share of their width and the middle of their height. */
async function tileColors(page: Page, share = 0.5): Promise<Color[]> {
  const points = (await tileBoxes(page)).map(
    ({ left, top, width, height }) =>
      [Math.round(left + width * share), Math.round(top + height / 2)] as const,
  );
  return sheet(page).evaluate(colorsAt, points);
}

/** Runs in the page. */
function colorsAt(canvas: Element, points: (readonly [number, number])[]): Color[] {
  const context = canvas instanceof HTMLCanvasElement ? canvas.getContext("2d") : null;
  return points.map(([x, y]) => {
    const [red = 0, green = 0, blue = 0] = context?.getImageData(x, y, 1, 1).data ?? [];
    return [red, green, blue];
  });
}

/** True for the colour of one of the pictures, as it is. */
function isExact(color: Color): boolean {
  return COLORS.some((other) =>
    other.every((value, index) => Math.abs(value - (color[index] ?? 0)) < 12),
  );
}

function hueOf([red, green, blue]: Color = [0, 0, 0]): string {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  const isHigh = (value: number): boolean => value > (most + least) / 2;
  if (most - least < 8) return "grey";
  if (isHigh(red) && isHigh(green)) return "yellow";
  if (isHigh(red)) return "red";
  return isHigh(green) ? "green" : "blue";
}

function saturationOf([red, green, blue]: Color): number {
  return (Math.max(red, green, blue) - Math.min(red, green, blue)) / 255;
}

function lightnessOf(color: Color = [0, 0, 0]): string {
  return Math.min(...color) > 200 ? "light" : "dark";
}
