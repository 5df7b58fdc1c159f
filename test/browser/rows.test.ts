import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page, Response } from "playwright-core";
import { describe, expect } from "vitest";
import type { CreatedBatch, FileResource } from "../../protocol/index.ts";
import { test } from "../support/browser-test.ts";
import { allStored, drop, holdUploads, pressUntil, rowsSteady } from "../support/page.ts";

const FILES = 40;
const SMALL = { width: 1280, height: 400 };
const TALL = { width: 1280, height: 3600 };

/** The rows of the list, while their files change and a person points at them. */
describe("rows", () => {
  test.beforeAll(async ({ folder }) => {
    await mkdir(join(folder, "files"), { recursive: true });
    for (let n = 0; n < FILES; n++)
      await writeFile(join(folder, "files", `file ${n}.txt`), "x".repeat(1000 + n));
  });

  test.beforeEach(async ({ page, server }) => {
    await page.setViewportSize(TALL);
    await page.goto(server.origin);
  });

  test("show their files' states after the window was small for a time", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "files")]);
    await expect.poll(() => page.locator(".row").count()).toBe(FILES);
    await page.setViewportSize(SMALL);
    await expect.poll(() => page.locator(".row").count()).toBeLessThan(FILES);
    release();
    await allStored(page, FILES);
    // Nothing changes any more: a row that is shown again has to know its file's state by itself.
    await page.locator(".overall [aria-valuenow='100']").waitFor();
    await page.setViewportSize(TALL);
    await expect.poll(() => page.locator(".row").count()).toBe(FILES);
    await expect.poll(() => statesOf(page)).toEqual(["Done"]);
  });

  test("a click makes a row the active one, which Delete cancels", async ({ page, folder }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "files")]);
    await sorted(page);
    const row = rowOf(page, "file 7.txt");
    await row.locator(".name").click();
    await expect.poll(() => row.getAttribute("data-active")).toBe("true");
    // A file that was only found can't be cancelled: it has no size yet.
    await row.getByRole("button", { name: "Cancel" }).waitFor();
    await page.keyboard.press("Delete");
    await row.getByText("Cancelled").waitFor();
    expect(await page.getByText("Cancelled", { exact: true }).count()).toBe(1);
  });

  test("hold still under the pointer, and move once it leaves", async ({ page, folder }) => {
    const created = page.waitForResponse(isCreation);
    await holdUploads(page);
    await drop(page, [join(folder, "files")]);
    await page.getByRole("combobox", { name: "Sort order" }).selectOption("Failed first");
    const first = page.locator(".row").first();
    const last = page.locator(".row").last();
    // None has failed: they stand in the order added.
    const file = "0";
    await expect.poll(() => first.getAttribute("data-file")).toBe(file);
    // A page that grows above the rows moves them away from the pointer.
    await rowsSteady(page);
    await first.hover();
    await cancelElsewhere(await created, file);
    await first.getByText("Cancelled").waitFor();
    expect(await first.getAttribute("data-file")).toBe(file);

    await page.mouse.move(1, 1);
    await expect.poll(() => last.getAttribute("data-file")).toBe(file);
  });

  test("a button acts on the file that it was pressed for", async ({ page, folder }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "files")]);
    await sorted(page);
    const row = page.locator(".row").first();
    const file = await row.getAttribute("data-file");
    const button = row.locator(".end button");
    await button.dispatchEvent("pointerdown");
    await page.getByRole("combobox", { name: "Sort order" }).selectOption("Largest first");
    await expect.poll(() => row.getAttribute("data-file")).not.toBe(file);
    await button.dispatchEvent("click", { detail: 1 });
    await page.locator(`.row[data-file="${file}"]`).getByText("Cancelled").waitFor();
    expect(await page.getByText("Cancelled", { exact: true }).count()).toBe(1);
  });

  test("ignore a press that was meant for the row which was there before", async ({
    page,
    folder,
  }) => {
    const created = page.waitForResponse(isCreation);
    await holdUploads(page);
    await drop(page, [join(folder, "files")]);
    await page.getByRole("combobox", { name: "Sort order" }).selectOption("Failed first");
    const first = page.locator(".row").first();
    await expect.poll(() => first.getAttribute("data-file")).toBe("0");
    const pressed = pressOnceMoved(first, "change");
    await watching(page);
    await cancelElsewhere(await created, "0");
    await pressed;
    const cancelled = page.locator(".row").getByText("Cancelled", { exact: true });
    expect(await first.getByText("Cancelled").count()).toBe(0);
    // Pressed again, it counts.
    await pressUntil(first.locator(".end button"), first.getByText("Cancelled"));
    await expect.poll(() => cancelled.count()).toBe(2);
  });

  test("ignore a press after a note above them has moved all of them", async ({ page, folder }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "files")]);
    await sorted(page);
    const first = page.locator(".row").first();
    const pressed = pressOnceMoved(first, "shift");
    await watching(page);
    await page.evaluate(
      "document.querySelector('main').prepend('A note', document.createElement('hr'))",
    );
    await pressed;
    const cancelled = page.locator(".row").getByText("Cancelled", { exact: true });
    expect(await cancelled.count()).toBe(0);
    await pressUntil(first.locator(".end button"), first.getByText("Cancelled"));
    expect(await cancelled.count()).toBe(1);
  });

  test("cancelling a file can be undone, by pointer and by keyboard", async ({ page, folder }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "files")]);
    await sorted(page);
    // At once, as a slow machine may take longer than the eight seconds between two clicks.
    const states = await rowOf(page, "file 7.txt").evaluate(async (row) => {
      const texts: (string | undefined)[] = [];
      const record = async (): Promise<void> => {
        await new Promise(requestAnimationFrame);
        texts.push(row.querySelector(".state span")?.innerHTML);
      };
      const press = (key: string): Promise<void> => {
        const event = new KeyboardEvent("keydown", { key, bubbles: true });
        row.closest("[role=grid]")?.dispatchEvent(event);
        return record();
      };
      row.querySelector<HTMLElement>(".end button")?.click();
      await record();
      row.querySelector<HTMLElement>(".action button")?.click();
      await record();
      await press("Delete");
      await press("Enter");
      return texts;
    });
    expect(states).toEqual(["Cancelled", "Waiting", "Cancelled", "Waiting"]);
    expect(await page.evaluate(() => document.activeElement?.role)).toBe("grid");
    release();
    await allStored(page, FILES);
  });

  test("a file that was cancelled before the page was closed stays cancelled", async ({
    page,
    folder,
  }) => {
    const created = page.waitForResponse(isCreation);
    await holdUploads(page);
    await drop(page, [join(folder, "files")]);
    // A percentage is shown once all files are declared: the server doesn't know any other file.
    await page.locator(".figures").getByText("0%").waitFor();
    await sorted(page);
    const row = rowOf(page, "file 7.txt");
    await pressUntil(row.locator(".end button"), row.getByText("Cancelled"));
    const file = await row.getAttribute("data-file");
    const stateOnServer = await stateReader(await created, file);
    // Requests of a closing page don't pass through a test that watches all of them.
    await page.unrouteAll();
    await page.goto("about:blank");
    await expect.poll(stateOnServer).toBe("cancelled");
  });
});

/** Waits until the rows have their final places, so that a click meets the row it is meant for, and counts. */
async function sorted(page: Page): Promise<void> {
  const names = Array.from({ length: FILES }, (_, n) => `file ${n}.txt\nfiles`);
  await expect.poll(() => page.locator(".row .name").allInnerTexts()).toEqual(names);
  await rowsSteady(page);
}

function rowOf(page: Page, name: string): Locator {
  return page.locator(".row", { has: page.getByText(name, { exact: true }) });
}

function isCreation(response: Response): boolean {
  return response.url().endsWith("/v1/batches") && response.request().method() === "POST";
}

/** Cancels a file of the page's batch as another client does. */
async function cancelElsewhere(creation: Response, file: string | null): Promise<void> {
  const { id, tokens }: CreatedBatch = await creation.json();
  const url = new URL(`/v1/batches/${id}/files/${file}`, creation.url());
  const headers = { authorization: `Bearer ${tokens.write}` };
  expect((await fetch(url, { method: "DELETE", headers })).status).toBe(200);
}

/** Returns a function that reads a file's state from the server. */
async function stateReader(
  creation: Response,
  file: string | null,
): Promise<() => Promise<FileResource["state"]>> {
  const { id, tokens }: CreatedBatch = await creation.json();
  const url = new URL(`/v1/batches/${id}/files/${file}?token=${tokens.read}`, creation.url());
  return async () => {
    const { state }: FileResource = await (await fetch(url)).json();
    return state;
  };
}

/** Presses the button of a row as soon as another file takes its place, by a change or a shift of the page. */
function pressOnceMoved(row: Locator, by: "change" | "shift"): Promise<void> {
  return row.evaluate(
    (element, kind) =>
      new Promise<void>((resolve) => {
        const place = (): unknown =>
          kind === "shift"
            ? Math.round(element.getBoundingClientRect().top)
            : element.getAttribute("data-file");
        const before = place();
        const pressIfMoved = (): void => {
          const button = element.querySelector(".end button");
          if (place() === before || button === null) return;
          mutations.disconnect();
          sizes.disconnect();
          button.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
          button.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
          requestAnimationFrame(() => resolve());
        };
        // Called right after the page's own code: a slow machine's next frame may come too late.
        const mutations = new MutationObserver(pressIfMoved);
        const sizes = new ResizeObserver(pressIfMoved);
        if (kind === "shift") sizes.observe(document.body);
        else mutations.observe(element, { attributes: true, childList: true, subtree: true });
        document.body.dataset["watching"] = "true";
      }),
    by,
  );
}

/** Waits until `pressOnceMoved` watches its row. */
function watching(page: Page): Promise<void> {
  return page.locator("body[data-watching]").waitFor();
}

/** Returns the different texts of the rows' states. */
async function statesOf(page: Page): Promise<string[]> {
  return [...new Set(await page.locator(".row .state").allInnerTexts())];
}
