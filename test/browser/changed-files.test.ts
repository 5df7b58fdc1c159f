import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test as browserTest } from "../support/browser-test.ts";
import { button, drop, holdCreation, summary } from "../support/page.ts";
import { exposeSaved, savedBatch } from "../support/saved.ts";

const NAMES = ["a.txt", "b.txt", "c.txt"];
const LONG_AGO = new Date("2026-01-01");

/** Opens the page so that tests can read what it saves. */
const test = browserTest.extend("page", async ({ context, server }) => {
  const page = await context.newPage();
  await exposeSaved(page);
  await page.goto(server.origin);
  return page;
});

/** Drops three files of a new folder, and changes the last of them before it is sent. */
async function dropChanged(page: Page, folder: string): Promise<string> {
  await mkdir(folder);
  for (const name of NAMES) {
    await writeFile(join(folder, name), name);
    // Chromium notices a change by its second.
    await utimes(join(folder, name), LONG_AGO, LONG_AGO);
  }
  const release = await holdCreation(page);
  // Sent once all three have been read, which the rows don't show.
  const creation = page.waitForRequest(/\/v1\/batches$/u);
  await drop(page, [folder]);
  await creation;
  const changed = join(folder, "c.txt");
  await writeFile(changed, "c.txt, and more");
  release();
  return changed;
}

describe("files that change before they are sent", () => {
  test("one button ends the batch without them", async ({ page, folder }) => {
    await dropChanged(page, join(folder, "without"));
    await summary(page).getByText("1 file failed").waitFor();
    await button(page, "Finish without them").click();
    await summary(page).getByText("2 of 3 files are stored. 1 file was cancelled.").waitFor();
    expect(await button(page, "Finish without them").count()).toBe(0);
    expect((await (await savedBatch(page)).batch()).state).toBe("completed");
  });
});
