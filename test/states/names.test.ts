import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { allStored, drop, failUploads } from "../support/page.ts";
import { resize } from "../support/resize.ts";

const LONG = "Photographs of the summer holiday at the lake 2024-08-17 12.34.56 edited.jpeg";
const HEBREW = "תמונות מחופשת הקיץ ליד האגם.jpg";
const MISLEADING = "photo_\u202Egpj.exe";
const NAMES = [LONG, HEBREW, MISLEADING, "a.txt", "Größe Zürich.txt".normalize("NFD")];

/** Names in the rows of the list, at all widths. */
describe("names", () => {
  test.beforeAll(async ({ folder }) => {
    await mkdir(join(folder, "names"), { recursive: true });
    for (const name of NAMES) await writeFile(join(folder, "names", name), name);
  });

  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("are cut in the middle, start at their own start and show controls", async ({
    page,
    folder,
  }) => {
    await drop(page, [join(folder, "names")]);
    await allStored(page, NAMES.length);
    for (const width of [390, 320]) {
      await resize(page, { width, height: 2000 });
      const long = rowOf(page, LONG);
      expect(await fits(long.locator(".file-name"))).toBe(true);
      expect(await isCut(long.locator(".file-name-head"))).toBe(true);
      expect(await long.locator(".file-name > :last-child").innerText()).toMatch(/\.jpeg$/u);
      const hebrew = rowOf(page, HEBREW).locator(".file-name");
      expect(await hebrew.evaluate((name) => getComputedStyle(name).direction)).toBe("rtl");
      expect(await startGap(hebrew)).toBeLessThan(1);
    }
    expect(await rowOf(page, LONG).locator(".name").getAttribute("title")).toBe(`names/${LONG}`);
    const shown = await page.getByRole("grid").innerHTML();
    expect(shown).toContain("photo_\uFFFDgpj.exe");
    expect(shown).not.toContain("\u202E");
  });

  test("are found by a search in another Unicode form, and without accents", async ({
    page,
    folder,
  }) => {
    await drop(page, [join(folder, "names")]);
    await allStored(page, NAMES.length);
    for (const query of ["Zürich", "zurich", "GRÖSSE"]) {
      await page.getByRole("searchbox").fill(query.normalize("NFC"));
      await expect.poll(() => page.locator(".row").count()).toBe(1);
      await rowOf(page, NAMES.at(-1) ?? "").waitFor();
    }
  });

  test("failed rows have one word and don't overlap on a phone", async ({ page, folder }) => {
    await failUploads(page);
    await page.setViewportSize({ width: 320, height: 2000 });
    await drop(page, [join(folder, "names")]);
    const row = rowOf(page, LONG);
    await row.getByRole("button", { name: "Retry" }).waitFor();
    for (const width of [390, 320]) {
      await resize(page, { width, height: 2000 });
      expect(await row.locator(".state > span").innerText()).toBe("Failed");
      expect(await overlaps(row)).toEqual([]);
    }
  });
});

function rowOf(page: Page, name: string): Locator {
  return page.locator(".row", { has: page.getByText(name, { exact: true }) });
}

/** True if an element is no wider than its parent. */
function fits(element: Locator): Promise<boolean> {
  return element.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth);
}

function isCut(element: Locator): Promise<boolean> {
  return element.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
}

/** Returns the pixels between the right end of a right-to-left name and its first letter. */
function startGap(name: Locator): Promise<number> {
  return name.evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element.querySelector(".file-name-head") ?? element);
    return element.getBoundingClientRect().right - range.getBoundingClientRect().right;
  });
}

/** Returns pairs of visible texts and buttons of a row that overlap, or that leave the row. */
function overlaps(row: Locator): Promise<string[]> {
  return row.evaluate((element) => {
    const parts = [...element.querySelectorAll(".file-name, .state > span, button, .thumbnail")];
    const box = element.getBoundingClientRect();
    const found: string[] = [];
    for (const [index, part] of parts.entries()) {
      const a = part.getBoundingClientRect();
      const isInside = a.top >= box.top && a.bottom <= box.bottom && a.right <= box.right + 1;
      if (!isInside) found.push(`${part.className} leaves the row`);
      for (const other of parts.slice(index + 1)) {
        const b = other.getBoundingClientRect();
        const isApart =
          a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        if (!isApart) found.push(`${part.className} and ${other.className}`);
      }
    }
    return found;
  });
}
