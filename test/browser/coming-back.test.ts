import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { writeLandscapes } from "../support/landscapes.ts";
import { addressOf, allStored, button, choose, drop, holdUploads } from "../support/page.ts";
import { resize } from "../support/resize.ts";
import { exposeSaved, holdSaving, readSaved } from "../support/saved.ts";

const PICTURES = 8;
/** More than one part. */
const FILM_BYTES = 9e6;

const test = browserTest.extend("pictures", { scope: "file" }, async ({ folder }) => {
  await writeLandscapes(join(folder, "pictures"), PICTURES);
  return join(folder, "pictures");
});

describe("after the end", () => {
  test("the address is the share link: the sender gets the sender's page, others the recipient's", async ({
    page,
    pictures,
    server,
    browser,
  }) => {
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    const link = await page.getByRole("textbox", { name: "Share link" }).inputValue();
    expect(await addressOf(page)).toBe(`${server.origin}/`);
    const field = page.getByRole("textbox", { name: "Share link" });
    const top = async (it: Locator) => (await it.boundingBox())?.y ?? 0;
    // The picture above moves both while it is laid out.
    const isBelow = async (name: string) => (await top(field)) > (await top(button(page, name)));
    await expect.poll(() => isBelow("Pause")).toBe(true);
    release();
    await allStored(page, PICTURES);
    await expect.poll(() => addressOf(page)).toBe(link);
    await expect.poll(() => isBelow("Start another batch")).toBe(false);

    await page.reload();
    await page.getByText("You sent this.").waitFor();
    await allStored(page, PICTURES);
    await button(page, "Delete files").waitFor();
    expect(await addressOf(page)).toBe(link);
    expect(await flawsOf(page)).toEqual([]);

    const other = await (await browser.newContext()).newPage();
    await other.goto(link);
    await allStored(other, PICTURES);
    expect(await other.getByText("You sent this.").count()).toBe(0);
    expect(await button(other, "Delete files").count()).toBe(0);
    await other.context().close();
  });

  test("the sender gets the sender's page even if the browser's storage is slow", async ({
    page,
    pictures,
    server,
    context,
  }) => {
    await page.goto(server.origin);
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
    await page.waitForURL(/\/b\//u);
    const release = await holdStorage(await context.newPage(), server.origin);
    await page.reload();
    await page.getByRole("link", { name: `Download all ${PICTURES} files` }).waitFor();
    await release();
    await page.getByText("You sent this.").waitFor();
    await button(page, "Delete files").waitFor();
  });

  test("a sender who opens the link during the upload is led to the controls", async ({
    page,
    pictures,
    server,
    context,
  }) => {
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    const link = await page.getByRole("textbox", { name: "Share link" }).inputValue();
    const other = await context.newPage();
    await other.goto(link);
    await other.getByRole("link", { name: "Show the controls" }).waitFor();
    expect(await flawsOf(other)).toEqual([]);
    release();
    await other.getByText("You sent this.").waitFor();
    await allStored(other, PICTURES);
    await button(other, "Delete files").waitFor();
  });

  test("the address of a cancelled batch is its link as well, and what is stored is all", async ({
    page,
    folder,
    server,
    context,
    browser,
  }) => {
    const films = join(folder, "films");
    await mkdir(films);
    await writeFile(join(films, "a.txt"), "stored");
    await writeFile(join(films, "film.bin"), Buffer.alloc(FILM_BYTES));
    await page.route("**/parts/*", () => undefined);
    page.on("dialog", (dialog) => void dialog.accept());
    await page.goto(server.origin);
    await drop(page, [films]);
    const link = await page.getByRole("textbox", { name: "Share link" }).inputValue();
    const others = await Promise.all([context.newPage(), browser.newPage()]);
    const [sender, recipient] = others;
    await Promise.all(others.map((each) => each.goto(link)));
    await sender.getByRole("link", { name: "Show the controls" }).waitFor();
    await recipient.getByRole("link", { name: "Download 1 file stored so far" }).waitFor();
    await choose(page, "More controls", "Cancel batch");
    await expect.poll(() => addressOf(page)).toBe(link);
    await page.reload();
    await page.getByText("You sent this.").waitFor();
    expect(await addressOf(page)).toBe(link);
    await sender.getByText("You sent this.").waitFor();
    await recipient.getByRole("link", { name: "Download the file (6 bytes)" }).waitFor();
    await recipient.close();
  });

  test("another batch starts at the start page, also by a drop on the earlier one", async ({
    page,
    pictures,
    folder,
    server,
  }) => {
    await page.goto(server.origin);
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
    await page.reload();
    await page.getByText("You sent this.").waitFor();
    await mkdir(join(folder, "next"));
    await writeFile(join(folder, "next/a.txt"), "a");
    const release = await holdUploads(page);
    await drop(page, [join(folder, "next")]);
    await page.getByRole("row", { name: "a.txt" }).waitFor();
    expect(await page.getByText("You sent this.").count()).toBe(0);
    await expect.poll(async () => new URL(await addressOf(page)).pathname).toBe("/");
    release();
    await allStored(page, 1);
    await button(page, "Start another batch").click();
    await expect.poll(() => addressOf(page)).toBe(`${server.origin}/`);
  });

  test("a sender whose token has ended gets the recipient's page", async ({
    page,
    pictures,
    server,
  }) => {
    await page.goto(server.origin);
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
    const link = await page.getByRole("textbox", { name: "Share link" }).inputValue();
    await expect.poll(() => addressOf(page)).toBe(link);
    await page.goto("about:blank");
    await page.route(/\/v1\/batches\/\w+(?:\/files\?.*)?$/u, async (route) => {
      const { authorization = "" } = route.request().headers();
      if (!atob(authorization.split(/[ .]/u)[1] ?? "").includes("write")) return route.fallback();
      const body = JSON.stringify({ code: "token_revoked", detail: "It has ended." });
      const headers = { "Tallyman-Version": "1" };
      const contentType = "application/problem+json";
      return route.fulfill({ status: 401, contentType, headers, body });
    });
    await page.goto(link);
    await allStored(page, PICTURES);
    expect(await page.getByText("You sent this.").count()).toBe(0);
    expect(await addressOf(page)).toBe(link);
  });

  test("the page says that its link has ended once a reload finds it so", async ({
    page,
    pictures,
    server,
  }) => {
    await exposeSaved(page);
    await page.goto(server.origin);
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
    const release = await holdSaving(page);
    const isHeldAtEnd = page.evaluate(async () => {
      while (document.querySelector(".link-ended") === null)
        await new Promise(requestAnimationFrame);
      return globalThis.isSavingHeld;
    });
    const ended = page.waitForResponse(/\/tokens$/u);
    await confirmEnd(page);
    await (await ended).finished();
    // For some frames, in which the page has the response.
    await resize(page, { width: 1000, height: 700 });
    await release();
    expect(await isHeldAtEnd).toBe(false);
    await page.reload();
    await page.locator(".link-ended").waitFor();
  });

  test("the recent batches show its pictures, and how long its link works", async ({
    page,
    pictures,
    server,
  }) => {
    await exposeSaved(page);
    // No row is visible.
    await page.setViewportSize({ width: 1280, height: 420 });
    await page.goto(server.origin);
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
    await expect.poll(async () => (await readSaved(page)).batches[0]).toHaveProperty("pictures");
    await page.goto(server.origin);
    const item = page.getByRole("listitem");
    await expect.poll(() => item.locator("img").evaluate(sizeOf)).toEqual([6 * 48, 48]);
    expect(await item.innerText()).toMatch(/8 files\stoday, .+\sLink until \w+ \d+, \d+/u);
    expect(await flawsOf(page)).toEqual([]);
    await endLink(page);
    await page.goto(server.origin);
    await item.getByText("Link ended").waitFor();
    await item.getByRole("link").click();
    await page.getByText("You sent this.").waitFor();
  });
});

function sizeOf(image: Element): number[] {
  return image instanceof HTMLImageElement ? [image.naturalWidth, image.naturalHeight] : [];
}

/** Keeps the origin's storage busy from another tab, until the returned function is called. */
async function holdStorage(tab: Page, origin: string): Promise<() => Promise<void>> {
  await exposeSaved(tab);
  await tab.goto(`${origin}/icon.svg`);
  await tab.evaluate(async () => {
    const database = await globalThis.openSavedDatabase();
    const store = database?.transaction("batches", "readwrite").objectStore("batches");
    // A transaction lasts for as long as it has requests.
    const hold = (): void => {
      if (store) store.count().onsuccess = hold;
    };
    hold();
  });
  return () => tab.close();
}

/** Ends the link of the one recent batch. */
async function endLink(page: Page): Promise<void> {
  await page.getByRole("listitem").getByRole("link").click();
  await confirmEnd(page);
  await page.getByText("The link was ended.").first().waitFor();
}

async function confirmEnd(page: Page): Promise<void> {
  await button(page, "End link").click();
  await page.getByRole("dialog").getByRole("button", { name: "End link" }).click();
}
