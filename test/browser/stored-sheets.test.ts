import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import type { CreatedBatch } from "../../protocol/index.ts";
import { resumeLink, shareLink } from "../../site/share/links.ts";
import { test } from "../support/browser-test.ts";
import {
  COLORS,
  hueOf,
  isExact,
  sheet,
  thumbnailColors,
  tileColors,
  writePhotos,
} from "../support/contact-sheet.ts";
import { allStored, button, drop, holdUploads } from "../support/page.ts";

test.beforeEach(async ({ page, folder, server }) => {
  await writePhotos(join(folder, "photos"));
  await page.goto(server.origin, { waitUntil: "networkidle" });
});

describe("stored contact sheets", () => {
  test("are one write of the sender's, from which viewers draw all pictures", async ({
    context,
    folder,
    page,
    server,
  }) => {
    const { stored, batch } = await storePhotos(page, folder);
    const viewer = await context.newPage();
    const loaded = requestsOf(viewer, /\/(?:sheets|thumbnail|content)/u);
    await viewer.goto(shareLink(batch, server.origin));
    await expect
      .poll(async () => (await tileColors(viewer)).filter(isExact).length)
      .toBe(COLORS.length);
    expect([stored.length, loaded.length]).toEqual([1, 1]);
    expect(loaded[0]).toMatch(/\/sheets\/0\?v=\w+$/u);
  });

  test("give the rows of a recipient their thumbnails", async ({
    browser,
    folder,
    page,
    server,
  }) => {
    const { batch } = await storePhotos(page, folder);
    // The sender's browser would show the sender's page.
    const context = await browser.newContext();
    const viewer = await context.newPage();
    const loaded = requestsOf(viewer, /\/(?:sheets|thumbnail|content)/u);
    await viewer.goto(shareLink(batch, server.origin));
    const hues = async () => (await thumbnailColors(viewer)).map(hueOf).toSorted();
    await expect.poll(hues).toEqual(["blue", "green", "red", "yellow"]);
    expect(loaded).toHaveLength(1);
    await context.close();
  });

  test("lose the picture of a deleted file", async ({ context, folder, page, server }) => {
    const { stored, batch } = await storePhotos(page, folder);
    await deleteFile(server.origin, batch, 1);
    await expect.poll(() => stored.length).toBeGreaterThan(1);
    const viewer = await context.newPage();
    await viewer.goto(shareLink(batch, server.origin));
    const others = COLORS.length - 1;
    await expect.poll(async () => (await tileColors(viewer)).filter(isExact).length).toBe(others);
    expect(isExact((await tileColors(viewer))[1] ?? [0, 0, 0])).toBe(false);
  });

  test("show the pictures on another device that continues the batch", async ({
    browser,
    folder,
    page,
    server,
  }) => {
    const stored = requestsOf(page, /\/sheets\/\d+$/u);
    await holdUploads(page);
    const batch = await dropPhotos(page, folder);
    await expect.poll(() => stored.length).toBe(1);
    const context = await browser.newContext();
    const other = await context.newPage();
    await other.goto(resumeLink(batch, server.origin));
    await button(other, "Open the batch").click();
    await sheet(other).waitFor();
    const hues = async () => (await tileColors(other)).map(hueOf).toSorted();
    await expect.poll(hues).toEqual(["blue", "green", "red", "yellow"]);
    await context.close();
  });
});

/** Drops the pictures, and waits until they and their sheet are stored. */
async function storePhotos(page: Page, folder: string) {
  const stored = requestsOf(page, /\/sheets\/\d+$/u);
  const batch = await dropPhotos(page, folder);
  await allStored(page, COLORS.length);
  await expect.poll(() => stored.length).toBe(1);
  return { stored, batch };
}

/** Drops the pictures. Returns their batch. */
async function dropPhotos(page: Page, folder: string): Promise<CreatedBatch> {
  const created = page.waitForResponse((response) => response.status() === 201);
  await drop(page, [join(folder, "photos")]);
  const batch: CreatedBatch = JSON.parse(await (await created).text());
  return batch;
}

/** Returns a list that receives the URLs of requests that succeed. */
function requestsOf(page: Page, pattern: RegExp): string[] {
  const urls: string[] = [];
  page.on("response", (response) => {
    if (pattern.test(response.url()) && response.ok()) urls.push(response.url());
  });
  return urls;
}

async function deleteFile(
  origin: string,
  { id, tokens }: CreatedBatch,
  file: number,
): Promise<void> {
  const headers = { authorization: `Bearer ${tokens.write}` };
  const url = `${origin}/v1/batches/${id}/files/${file}`;
  expect((await fetch(url, { method: "DELETE", headers })).status).toBe(200);
}
