import { appendFile, mkdir, rm, utimes, writeFile } from "node:fs/promises";
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

  test("fail alone, and break no request of their neighbours", async ({ page, folder }) => {
    const many = join(folder, "many");
    const changes: Record<string, (path: string) => Promise<void>> = {
      "7.txt": (path) => appendFile(path, "more"),
      "30.txt": (path) => rm(path),
      "59.txt": (path) => writeFile(path, "now"),
    };
    await mkdir(many);
    for (let number = 0; number < 60; number++) {
      await writeFile(join(many, `${number}.txt`), "old");
      await utimes(join(many, `${number}.txt`), LONG_AGO, LONG_AGO);
    }
    const broken: string[] = [];
    page.on("requestfailed", (request) => broken.push(request.url()));
    const release = await holdCreation(page);
    const creation = page.waitForRequest(/\/v1\/batches$/u);
    await drop(page, [many]);
    await creation;
    for (const [name, change] of Object.entries(changes)) await change(join(many, name));
    release();
    await summary(page).getByText("3 files failed").waitFor();
    for (const name of Object.keys(changes)) await summary(page).getByText(name).waitFor();
    const { totals } = await (await savedBatch(page)).batch();
    expect(totals).toMatchObject({ completed: 57, queued: 3 });
    expect(broken.filter((url) => url.includes("/files") || url.endsWith("/bundle"))).toEqual([]);
  });
});
