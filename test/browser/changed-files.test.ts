import { execFileSync } from "node:child_process";
import { appendFile, mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import {
  allStored,
  button,
  copyLink,
  drop,
  failures,
  holdCreation,
  holdUploads,
  summary,
} from "../support/page.ts";
import { exposeSaved, readSaved, savedBatch } from "../support/saved.ts";

const NAMES = ["a.txt", "b.txt", "c.txt"];
const LONG_AGO = new Date("2026-01-01");
const CHANGED = "c.txt, and more";

/** Opens the page so that tests can read what it saves. */
const test = browserTest.extend("page", async ({ context, server }) => {
  const page = await context.newPage();
  // The list has only the rows in and near the window.
  await page.setViewportSize({ width: 1280, height: 2000 });
  // Confirms leaving the page.
  page.on("dialog", (dialog) => void dialog.accept());
  await exposeSaved(page);
  await page.goto(server.origin);
  return page;
});

/** Writes three files of five bytes into a new folder. */
async function writeSources(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of NAMES) {
    await writeFile(join(folder, name), name);
    // Chromium notices a change by its second.
    await utimes(join(folder, name), LONG_AGO, LONG_AGO);
  }
}

/** Drops a new folder, and changes the last of its files before it is sent. */
async function dropChanged(page: Page, folder: string): Promise<void> {
  await writeSources(folder);
  const release = await holdCreation(page);
  // Sent once all three have been read, which the rows don't show.
  const creation = page.waitForRequest(/\/v1\/batches$/u);
  await drop(page, [folder]);
  await creation;
  await writeFile(join(folder, "c.txt"), CHANGED);
  release();
  await failures(page).getByText("1 file failed").waitFor();
  // The page names a failed file while the others are sent.
  await page.getByRole("heading", { name: "2 of 3 files stored" }).waitFor();
}

/** Names in the list, by name. */
const listed = async (page: Page) =>
  (await page.locator(".row .name > bdi:first-child").allInnerTexts()).toSorted();

describe("files that change before they are sent", () => {
  test("one button ends the batch without them", async ({ page, folder }) => {
    await dropChanged(page, join(folder, "without"));
    expect(await flawsOf(page)).toEqual([]);
    await button(page, "Finish without it").click();
    await page.getByRole("heading", { name: "2 of 3 files are safe." }).waitFor();
    await summary(page).getByText("1 file was cancelled.").waitFor();
    expect(await failures(page).count()).toBe(0);
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
    await page.getByText("Reading folders").waitFor({ state: "detached" });
    for (const [name, change] of Object.entries(changes)) await change(join(many, name));
    release();
    await failures(page).getByText("3 files failed").waitFor();
    await failures(page).getByRole("button", { name: "Show them" }).click();
    const failed = page.locator(".row[data-state=failed]");
    for (const name of Object.keys(changes)) await failed.getByText(name).waitFor();
    // The page names failed files while others are sent.
    const batch = await savedBatch(page);
    await expect.poll(() => batch.batch()).toMatchObject({ totals: { completed: 57, queued: 3 } });
    expect(broken.filter((url) => url.includes("/files") || url.endsWith("/bundle"))).toEqual([]);
  });

  test("a file that is dropped again takes the place of its row, for viewers, too", async ({
    page,
    folder,
    browser,
  }) => {
    await dropChanged(page, join(folder, "again"));
    const batch = await savedBatch(page);
    const link = await copyLink(page);
    // In the sender's own browser, the link would open the sender's page.
    const others = await browser.newContext();
    const viewer = await others.newPage();
    await viewer.goto(link);
    await expect.poll(() => listed(viewer)).toEqual(NAMES);

    await drop(page, [join(folder, "again")]);
    await page.getByText("2 files are already in this batch").first().waitFor();
    expect(await flawsOf(page)).toEqual([]);
    const late = await others.newPage();
    await late.goto(link);
    for (const shown of [page, viewer, late]) {
      await allStored(shown, NAMES.length);
      await expect.poll(() => listed(shown)).toEqual(NAMES);
      expect(await shown.locator(".figures").innerText()).toContain("25 bytes in");
      expect(await shown.locator(".filters").innerText()).toMatch(/^All 3\b/u);
    }
    const { files } = await batch.files(null);
    expect(files.map(({ name }) => name).toSorted()).toEqual(NAMES);
    expect((await batch.batch()).state).toBe("completed");
    await others.close();
  });

  test("a file that changed while the page was closed replaces the one that waits", async ({
    page,
    folder,
  }) => {
    const release = await holdUploads(page);
    await writeSources(join(folder, "resumed"));
    await drop(page, [join(folder, "resumed")]);
    const batch = await savedBatch(page);
    await expect.poll(() => readSaved(page)).toMatchObject({ handles: 1 });
    await page.reload();
    release();
    await page.unrouteAll();
    await writeFile(join(folder, "resumed/c.txt"), CHANGED);
    await button(page, "Resume").click();
    await page.getByText("1 file isn't in this batch").first().waitFor();
    await button(page, "Add to batch").click();
    await allStored(page, NAMES.length);
    await expect.poll(() => listed(page)).toEqual(NAMES);
    expect((await batch.batch()).state).toBe("completed");
  });

  test("a pipe in a dropped folder is an empty file, and holds up no other", async ({
    page,
    folder,
  }) => {
    const odd = join(folder, "odd");
    await mkdir(odd);
    await writeFile(join(odd, "a.txt"), "a.txt");
    execFileSync("mkfifo", [join(odd, "pipe")]);
    await drop(page, [odd]);
    await allStored(page, 2);
  });
});
