import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Page, Route } from "playwright-core";
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
  await rm(join(folder, "photos"), { recursive: true, force: true });
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

  test("are written by an encoder of the page's, once it is loaded, if the browser has none", async ({
    context,
    folder,
    page,
    server,
  }) => {
    await page.route("**/assets/worker-*.js", writePng);
    const encoder = "**/assets/*.wasm";
    const missing = page.waitForEvent("requestfailed", (it) => it.url().endsWith(".wasm"));
    await context.route(encoder, (route) => route.abort());
    const stored = storePhotos(page, folder);
    await missing;
    await context.unroute(encoder);
    const { batch } = await stored;
    const viewer = await context.newPage();
    await viewer.goto(shareLink(batch, server.origin));
    await expect
      .poll(async () => (await tileColors(viewer)).filter(isExact).length)
      .toBe(COLORS.length);
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

  test("keep the other pictures when a file without one is deleted", async ({
    browser,
    folder,
    page,
    server,
  }) => {
    await addText(join(folder, "photos"));
    const { stored, batch } = await storePhotos(page, folder, COLORS.length + 1);
    await deleteFile(server.origin, batch, TEXT);
    await expect.poll(() => stored.length).toBe(2);
    const context = await browser.newContext();
    const viewer = await context.newPage();
    await viewer.goto(shareLink(batch, server.origin));
    const hues = async () => (await thumbnailColors(viewer)).map(hueOf).toSorted();
    await expect.poll(hues).toEqual(["blue", "green", "red", "yellow"]);
    await context.close();
  });

  test("keep the pictures of another device that stores them while one is drawn", async ({
    folder,
    page,
    server,
  }) => {
    await addText(join(folder, "photos"));
    await page.addInitScript(holdMessages);
    await page.reload({ waitUntil: "networkidle" });
    const { batch } = await storePhotos(page, folder, COLORS.length + 1);
    await page.evaluate("hold()");
    await deleteFile(server.origin, batch, 0);
    await expect.poll(() => page.evaluate("held")).toContain("encode");
    const address = `/v1/batches/${batch.id}/sheets/0`;
    const headers = { authorization: `Bearer ${batch.tokens.write}` };
    const body = Buffer.from(await page.evaluate(encodeTile, TEXT), "base64");
    const put = async () =>
      (await fetch(server.origin + address, { method: "PUT", headers, body })).status;
    await expect.poll(put).toBe(204);
    await expect.poll(() => page.evaluate("held")).toContain("load");
    const stored = page.waitForResponse(
      (response) => response.request().method() === "PUT" && response.status() === 204,
    );
    // Earlier, the server refuses any other version of the sheet, and it is drawn again.
    await setTimeout(2500);
    await page.evaluate("release()");
    await stored;
    const drawn = await page.evaluate(drawnTiles, { address, headers, count: COLORS.length + 1 });
    expect(drawn).toEqual([false, true, true, true, true]);
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

/** The id of the text beside the pictures. */
const TEXT = COLORS.length;

/** Adds a file without a picture to the folder, after the others. */
async function addText(folder: string): Promise<void> {
  await writeFile(join(folder, "text.txt"), "text");
}

/**
 * Runs in the page: lets `hold` hold the messages to its worker, which responds in their order, until
 * `release`. `held` lists their tasks.
 */
function holdMessages(): void {
  const held: string[] = [];
  const posts: (() => void)[] = [];
  let isHolding = false;
  class HeldWorker extends Worker {
    override postMessage(message: { task: string }): void {
      const post = (): void => super.postMessage(message, []);
      if (!isHolding) return post();
      held.push(message.task);
      posts.push(post);
    }
  }
  const hold = (): void => {
    isHolding = true;
  };
  const release = (): void => {
    isHolding = false;
    for (const post of posts) post();
  };
  Object.assign(window, { Worker: HeldWorker, held, hold, release });
}

/** Runs in the page: returns a sheet with the picture of one file, in Base64. */
async function encodeTile(file: number): Promise<string> {
  const canvas = new OffscreenCanvas(1024, 1024);
  const context = canvas.getContext("2d");
  context?.fillRect(file * 64, 0, 64, 64);
  const blob = await canvas.convertToBlob({ type: "image/webp" });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}

/** Runs in the page: tells which of the first files have a picture on the stored sheet. */
async function drawnTiles(options: { address: string; headers: HeadersInit; count: number }) {
  const response = await fetch(options.address, { headers: options.headers });
  const canvas = new OffscreenCanvas(1024, 1024);
  const context = canvas.getContext("2d");
  context?.drawImage(await createImageBitmap(await response.blob()), 0, 0);
  const { data } = context?.getImageData(0, 32, 1024, 1) ?? { data: [] };
  const alphas = Array.from({ length: options.count }, (_, file) => data[(file * 64 + 32) * 4 + 3]);
  return alphas.map((alpha) => (alpha ?? 0) > 128);
}

/** Passes on the picture worker's script, and makes the worker write PNG as Safari does. */
async function writePng(route: Route): Promise<void> {
  const response = await route.fetch();
  const write = "function () { return write.call(this, { type: 'image/png' }); }";
  const patch = `const { convertToBlob: write } = OffscreenCanvas.prototype;
    OffscreenCanvas.prototype.convertToBlob = ${write};`;
  await route.fulfill({ response, body: `${patch}\n${await response.text()}` });
}

/** Drops the pictures, and waits until they and their sheet are stored. */
async function storePhotos(page: Page, folder: string, count = COLORS.length) {
  const stored = requestsOf(page, /\/sheets\/\d+$/u);
  const batch = await dropPhotos(page, folder);
  await allStored(page, count);
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
