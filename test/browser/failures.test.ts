import { createHash } from "node:crypto";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { TestBatch } from "../support/batch.ts";
import { test } from "../support/browser-test.ts";
import {
  allStored,
  button,
  drop,
  failUploads,
  failures,
  holdCreation,
  holdUploads,
  summary,
} from "../support/page.ts";

const NAMES = ["a.txt", "b.txt", "c.txt"];
const LONG_AGO = new Date("2026-01-01");

async function write(folder: string, name: string, content: string): Promise<void> {
  await writeFile(join(folder, name), content);
  // Chromium compares a file with its time when it was chosen.
  await utimes(join(folder, name), LONG_AGO, LONG_AGO);
}

/** Drops three files, and changes the last one before it is sent. */
async function dropChanged(page: Page, folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of NAMES) await write(folder, name, name);
  const release = await holdCreation(page);
  const creation = page.waitForRequest(/\/v1\/batches$/u);
  await drop(page, [folder]);
  await creation;
  await writeFile(join(folder, "c.txt"), "changed");
  release();
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.role);

describe("failed files", () => {
  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("are named while others are still sent, shown in the list, and retried", async ({
    page,
    folder,
  }) => {
    for (const name of ["bad.txt", "good.txt"]) await write(folder, name, name);
    await failUploads(page);
    await drop(page, [join(folder, "bad.txt")]);
    await failures(page).getByText("1 file failed. bad.txt").waitFor();
    await page.unrouteAll();
    const release = await holdUploads(page);
    await drop(page, [join(folder, "good.txt")]);
    await button(page, "Pause").waitFor();
    expect(await failures(page).innerText()).toContain("damaged during the upload");
    expect(await button(page, "Finish without it").count()).toBe(0);
    expect(await flawsOf(page)).toEqual([]);

    await failures(page).getByRole("button", { name: "Show it" }).click();
    await expect.poll(() => focused(page)).toBe("grid");
    await expect.poll(() => page.locator(".row").count()).toBe(1);
    expect(await page.locator(".row[data-active=true]").innerText()).toContain("bad.txt");

    await failures(page).getByRole("button", { name: "Retry" }).focus();
    await page.keyboard.press("Enter");
    await failures(page).waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement.className")).toBe("failure-place");
    release();
    await allStored(page, 2);
    await summary(page).getByText("Each file was checked against its SHA-256.").waitFor();
  });

  test("keep the batch open until one button ends it without them", async ({ page, folder }) => {
    await dropChanged(page, join(folder, "open"));
    await button(page, "Finish without it").waitFor();
    expect(await failures(page).innerText()).toContain("1 file failed. c.txt");
    await page.getByRole("heading", { name: "2 of 3 files stored" }).waitFor();
    await button(page, "Finish without it").click();
    await failures(page).waitFor({ state: "detached" });
    await summary(page).getByText("1 file was cancelled.").waitFor();
  });

  test("are told to viewers, with each reason once", async ({ page, server }) => {
    const batch = await TestBatch.create(server.origin, [3, 3, 3, 2 ** 50]);
    const digest = createHash("sha256").update("other").digest("base64");
    const damaged = { "Content-Digest": `sha-256=:${digest}:` };
    await batch.put(0, "abc");
    for (const id of [1, 2]) await batch.put(id, "abc", damaged);
    const { read } = batch.created.tokens;
    await page.goto(`${server.origin}/b/${batch.created.id}#token=${read}`);
    await failures(page).getByText("3 files failed.").waitFor();
    const text = await failures(page).innerText();
    expect(text).toContain("2 files: The files were damaged during the upload.");
    expect(text).toContain("1 file: This file is too large for this server.");
    expect(text).toContain("The sender can retry them.");
    expect(await failures(page).getByRole("button").count()).toBe(0);
    expect(await flawsOf(page)).toEqual([]);
  });
});
