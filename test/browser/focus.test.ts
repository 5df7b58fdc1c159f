import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import {
  allStored,
  button,
  choose,
  drop,
  failUploads,
  failures,
  holdUploads,
  keepUndo,
  pressUntil,
  rowsSteady,
} from "../support/page.ts";

const NAMES = ["a.txt", "b.txt", "c.txt"];

/** The keyboard's place in the page, when the control that had the focus disappears. */
describe("the focus stays near a control that disappears", () => {
  test.beforeAll(async ({ folder }) => {
    await mkdir(join(folder, "few"));
    await mkdir(join(folder, "with an empty folder", "empty"), { recursive: true });
    await writeFile(join(folder, "with an empty folder", "a.txt"), "text");
    for (const name of NAMES) await writeFile(join(folder, "few", name), "text");
  });

  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("Pause, Resume, and then the end of the batch", async ({ page, folder }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "few")]);
    await press(page, "Pause");
    await button(page, "Resume").waitFor();
    expect(await focused(page)).toBe("Resume");
    await page.keyboard.press("Enter");
    await button(page, "Pause").waitFor();
    release();
    await ended(page);
    expect(await nextStop(page)).toBe("Share link");
    await press(page, "Start another batch");
    await button(page, "Choose files").waitFor();
    expect(await nextStop(page)).toBe("Choose files");
  });

  test("Retry", async ({ page, folder }) => {
    await failUploads(page);
    await drop(page, [join(folder, "few")]);
    await button(page, "Retry 3").waitFor();
    await page.unrouteAll();
    await press(page, "Retry 3");
    await allStored(page, NAMES.length);
    await failures(page).waitFor({ state: "detached" });
    expect(await nextStop(page)).toBe("Share link");
  });

  test("Finish without them", async ({ page, folder }) => {
    await failUploads(page);
    await drop(page, [join(folder, "few")]);
    await press(page, "Finish without them");
    await failures(page).waitFor({ state: "detached" });
    await ended(page);
    expect(await nextStop(page)).toBe("Share link");
  });

  test("Show them, which moves it to the first failed row", async ({ page, folder }) => {
    await failUploads(page);
    await drop(page, [join(folder, "few")]);
    await press(page, "Show them");
    await expect.poll(() => page.evaluate("document.activeElement.role")).toBe("grid");
    const active = page.locator('.grid [data-active="true"]');
    await expect.poll(() => active.innerText()).toContain("Failed");
  });

  test("Cancel of a file, and Undo", async ({ page, folder }) => {
    await keepUndo(page);
    await holdUploads(page);
    await drop(page, [join(folder, "few")]);
    // A click would meet another row while they are being sorted.
    await expect.poll(() => page.locator(".row .file-name").allInnerTexts()).toEqual(NAMES);
    await rowsSteady(page);
    const undo = page.getByRole("button", { name: /^Undo .* b.txt$/u });
    await pressUntil(button(page, "Cancel b.txt"), undo);
    await undo.click();
    await button(page, "Cancel b.txt").waitFor();
    expect(await page.evaluate("document.activeElement.role")).toBe("grid");
    await page.keyboard.press("Delete");
    await undo.waitFor();
  });

  test("a choice in a menu, and Cancel batch", async ({ page, folder }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "few")]);
    await press(page, "More controls");
    await button(page, "Cancel batch").press("Escape");
    expect(await focused(page)).toBe("More controls");
    page.on("dialog", (dialog) => void dialog.accept());
    await choose(page, "More controls", "Cancel batch");
    await page.getByText("This batch was cancelled.").first().waitFor();
    await button(page, "More controls").waitFor({ state: "detached" });
    expect(await nextStop(page)).toBe("Start another batch");
  });

  test("a name that is saved, and one that isn't", async ({ page, folder }) => {
    await drop(page, [join(folder, "few")]);
    await allStored(page, NAMES.length);
    for (const key of ["Enter", "Escape"]) {
      await press(page, "Rename");
      await expect.poll(() => focused(page)).toBe("Batch name");
      await page.keyboard.type("Trip");
      await page.keyboard.press(key);
      await button(page, "Rename").waitFor();
      expect(await focused(page)).toBe("Rename");
    }
  });

  test("OK below what was skipped", async ({ page, folder }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "with an empty folder")]);
    await button(page, "Rename").waitFor();
    await press(page, "OK");
    await button(page, "OK").waitFor({ state: "detached" });
    expect(await nextStop(page)).toBe("Rename");
  });

  test("End link, Make a new link, and Delete files", async ({ page, folder }) => {
    await drop(page, [join(folder, "few")]);
    await ended(page);
    await press(page, "End link");
    await expect.poll(() => focused(page)).toBe("Keep link");
    await page.keyboard.press("Escape");
    await expect.poll(() => focused(page)).toBe("End link");
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("Keep link");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".link-ended").waitFor();
    expect(await nextStop(page)).toBe("Delete files");
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("Keep files");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("3 files were deleted.").first().waitFor();
    expect(await nextStop(page)).toBe("Choose files");
  });
});

/** Waits until the link stands before the batch's buttons. */
function ended(page: Page): Promise<void> {
  return page.locator(".share + .actions").waitFor();
}

/** Moves the focus to a button and presses Enter. */
async function press(page: Page, name: string): Promise<void> {
  await button(page, name).focus();
  await page.keyboard.press("Enter");
}

/** Returns the name of the focused control; null if the page has lost the focus. */
function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const { activeElement: active } = document;
    if (active === null || active === document.body) return null;
    return active.getAttribute("aria-label") ?? active.textContent;
  });
}

/** Presses Tab and returns the name of the control that it reaches; null if the focus was lost before. */
async function nextStop(page: Page): Promise<string | null> {
  if ((await focused(page)) === null) return null;
  await page.keyboard.press("Tab");
  return focused(page);
}
