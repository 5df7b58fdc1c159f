import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { tileBox, type TileBox, tileLayout } from "../../site/contact-sheet/tile-layout.ts";
import { encodePng } from "./images.ts";

type Color = readonly [red: number, green: number, blue: number];

/** The colours of the pictures. */
export const COLORS: readonly Color[] = [
  [220, 40, 40],
  [40, 180, 60],
  [50, 70, 220],
  [230, 200, 40],
];

/** Pixels per side of the pictures. */
const SIDE = 48;

/** Writes a picture of each colour into a folder, again and again until there are so many. */
export async function writePhotos(folder: string, count = COLORS.length): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < count; index++) {
    const color = COLORS[index % COLORS.length] ?? [0, 0, 0];
    const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => color[at % 3] ?? 0);
    await writeFile(join(folder, `photo-${index}.png`), encodePng(SIDE, SIDE, pixels));
  }
}

export function sheet(page: Page): Locator {
  return page.locator(".contact-sheet canvas");
}

/** Returns the boxes of the tiles, in a window with one device pixel per CSS pixel. */
export async function tileBoxes(page: Page): Promise<TileBox[]> {
  const width = await sheet(page).evaluate((canvas) => canvas.clientWidth);
  const layout = tileLayout(COLORS.length, width, 280);
  return COLORS.map((_, place) => tileBox(layout, place, 1, false));
}

/** Returns the colours of the tiles, at that share of their width and the middle of their height. */
export async function tileColors(page: Page, share = 0.5): Promise<Color[]> {
  const points = (await tileBoxes(page)).map(
    ({ left, top, width, height }) =>
      [Math.round(left + width * share), Math.round(top + height / 2)] as const,
  );
  return sheet(page).evaluate(colorsAt, points);
}

/** Returns the colours in the middle of the rows' thumbnails. */
export function thumbnailColors(page: Page): Promise<Color[]> {
  return page.locator(".row .thumbnail canvas").evaluateAll((canvases) =>
    canvases.map((canvas) => {
      const context = canvas instanceof HTMLCanvasElement ? canvas.getContext("2d") : null;
      const [red = 0, green = 0, blue = 0] = context?.getImageData(40, 40, 1, 1).data ?? [];
      return [red, green, blue] as const;
    }),
  );
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
export function isExact(color: Color): boolean {
  return COLORS.some((other) =>
    other.every((value, index) => Math.abs(value - (color[index] ?? 0)) < 12),
  );
}

export function hueOf([red, green, blue]: Color = [0, 0, 0]): string {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  const isHigh = (value: number): boolean => value > (most + least) / 2;
  if (most - least < 8) return "grey";
  if (isHigh(red) && isHigh(green)) return "yellow";
  if (isHigh(red)) return "red";
  return isHigh(green) ? "green" : "blue";
}

export function saturationOf([red, green, blue]: Color): number {
  return (Math.max(red, green, blue) - Math.min(red, green, blue)) / 255;
}

export function lightnessOf(color: Color = [0, 0, 0]): string {
  return Math.min(...color) > 200 ? "light" : "dark";
}
