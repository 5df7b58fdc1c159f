import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import {
  allStored,
  button,
  createdLink,
  drop,
  failUploads,
  holdUploads,
  placeKept,
} from "../support/page.ts";
import { resize } from "../support/resize.ts";

describe("the layout of a batch", () => {
  test.beforeAll(async ({ folder }) => {
    await mkdir(join(folder, "texts"));
    for (const name of ["a.txt", "b.txt"]) await writeFile(join(folder, "texts", name), name);
  });

  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("doesn't move the controls when the batch is paused", async ({ page, folder }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "texts")]);
    const top = async (name: string) => (await button(page, name).boundingBox())?.y;
    await placeKept(button(page, "Pause"));
    const before = await top("Pause");
    await button(page, "Pause").click();
    await page.getByText("Paused. Uploads in progress will finish").first().waitFor();
    expect(await top("Resume")).toBe(before);
    await expect.poll(() => filledButtons(page)).toEqual(["Resume"]);
  });

  test("keeps the masthead of a phone free of the bar", async ({ page, folder }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "texts")]);
    await button(page, "Pause").waitFor();
    await resize(page, { width: 390, height: 300 });
    await placeKept(page.getByRole("grid"));
    await page.getByRole("grid").evaluate((grid) => grid.scrollIntoView({ block: "end" }));
    const masthead = await page.locator(".masthead").boundingBox();
    const bar = await page.locator(".overall").boundingBox();
    expect(masthead?.y).toBe(0);
    expect(bar?.y).toBeLessThan(0);
  });

  test("moves no control of a phone when the hero leaves the window, or comes back", async ({
    page,
    folder,
  }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "texts")]);
    await button(page, "Pause").waitFor();
    await resize(page, { width: 390, height: 300 });
    await placeKept(button(page, "Pause"));
    // In the document, wherever that is scrolled to.
    const top = () =>
      button(page, "Pause").evaluate((it) => it.getBoundingClientRect().top + scrollY);
    const before = await top();
    await page.getByRole("grid").evaluate((grid) => grid.scrollIntoView({ block: "end" }));
    await page.locator(".masthead-hero", { hasText: "0 of 2 files stored" }).waitFor();
    expect(await top()).toBeCloseTo(before, 0);
  });

  test("has one filled button, for the most urgent action", async ({ page, folder }) => {
    await failUploads(page);
    await drop(page, [join(folder, "texts")]);
    await button(page, "Retry 2").waitFor();
    await expect.poll(() => filledButtons(page)).toEqual(["Retry 2"]);
    await page.unrouteAll();
    await button(page, "Retry 2").click();
    await allStored(page, 2);
    await expect.poll(() => filledButtons(page)).toEqual(["Copy link"]);
  });

  test("shows the link's address, without its token", async ({ page, folder }) => {
    await drop(page, [join(folder, "texts")]);
    const field = page.getByRole("textbox", { name: "Share link" });
    const { shown, address } = await field.evaluate((input: HTMLInputElement) => {
      const { font, paddingLeft, paddingRight } = getComputedStyle(input);
      const text = document.createElement("span");
      text.style.font = font;
      text.textContent = input.value.slice(0, input.value.indexOf("#"));
      document.body.append(text);
      const { width } = text.getBoundingClientRect();
      text.remove();
      const padding = Number.parseFloat(paddingLeft) + Number.parseFloat(paddingRight);
      return { shown: input.clientWidth - padding, address: width };
    });
    expect(shown).toBeGreaterThan(200);
    expect(shown).toBeLessThan(address);
  });

  test("leaves no space for a name that a viewer can't give", async ({ page, folder }) => {
    const link = createdLink(page);
    // Files without a folder: it would give the batch its name.
    await drop(page, [join(folder, "texts/a.txt"), join(folder, "texts/b.txt")]);
    await allStored(page, 2);
    const watcher = await page.context().browser()?.newPage();
    if (watcher === undefined) throw new TypeError("The page has no browser.");
    await watcher.goto(await link);
    await watcher.getByRole("heading", { name: "All 2 files are safe." }).waitFor();
    expect(await watcher.locator(".batch-name").count()).toBe(0);
    await watcher.close();
  });
});

/** Returns the names of the visible buttons that are filled with ink. */
async function filledButtons(page: Page): Promise<string[]> {
  // A button under the pointer has another colour.
  await page.mouse.move(0, 0);
  return page.locator("main :is(button, a):visible").evaluateAll((buttons) => {
    const ink = getComputedStyle(document.documentElement).color;
    const filled = buttons.filter((each) => getComputedStyle(each).backgroundColor === ink);
    return filled.map((each) => each.textContent);
  });
}
