import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { resumeLink } from "../../site/share/links.ts";
import { TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";
import {
  addressOf,
  allowUploads,
  allStored,
  button,
  drop,
  holdUploads,
  pick,
} from "../support/page.ts";
import { exposeSaved, readSaved, savedBatch } from "../support/saved.ts";

const FILES = 3;

/** Adds two folders to upload. Their files' sizes are all different. */
const test = browserTest
  .extend("first", { scope: "file" }, ({ folder }) => writeTexts(join(folder, "first"), 1))
  .extend("next", { scope: "file" }, ({ folder }) => writeTexts(join(folder, "next"), 11));

/** Files that are dropped while the page opens a batch are uploaded, whatever becomes of that batch. */
describe("a drop while the page opens", () => {
  test.for(["resume", "batches"])(
    "a batch that was sent starts another one, before the script %s has loaded",
    async (script, { page, first, next, server }) => {
      await exposeSaved(page);
      await page.goto(server.origin);
      await drop(page, [first]);
      await allStored(page, FILES);
      await expect.poll(async () => new URL(await addressOf(page)).pathname).not.toBe("/");
      await expect.poll(() => readSaved(page)).toMatchObject({ batches: [{ isOver: true }] });
      page.on("dialog", (dialog) => void dialog.accept());
      const release = await holdScript(page, script);
      await page.reload();
      await page.getByText("Loading batch…").waitFor();
      const releaseUploads = await holdUploads(page);
      await drop(page, [next]);
      if (script === "resume") await page.getByRole("row", { name: "11.txt" }).waitFor();
      release();
      // The script saves the new batch, and then finds no place for the one that was sent.
      await expect.poll(async () => (await readSaved(page)).batches).toHaveLength(2);
      releaseUploads();
      await allStored(page, FILES);
      await page.getByRole("row", { name: "11.txt" }).waitFor();
      await expect.poll(async () => new URL(await addressOf(page)).hash).toMatch(/^#token=/u);
      expect(await page.getByText("You sent this.").count()).toBe(0);
    },
  );

  test("a batch of another device is asked about, and then adds its files there", async ({
    page,
    first,
    server,
  }) => {
    const theirs = await TestBatch.create(server.origin, textsOf(1));
    const created = countCreations(page);
    const release = await holdScript(page, "resume");
    await page.goto(resumeLink(theirs.created, server.origin));
    await page.getByText("Loading batch…").waitFor();
    await drop(page, [first]);
    await page.getByText("Preparing the upload…").waitFor();
    release();
    await page.getByText("Your files wait for your answer.").first().waitFor();
    await page.getByText("Preparing the upload…").waitFor({ state: "detached" });
    await button(page, "Open the batch").click();
    await allStored(page, FILES);
    expect(await theirs.status()).toMatchObject({ totals: { files: FILES, completed: FILES } });
    expect(created()).toBe(0);
  });

  test("a batch of this browser by a link adds its files there", async ({
    page,
    context,
    first,
    server,
  }) => {
    await exposeSaved(page);
    await page.goto(server.origin);
    await allowUploads(page, 0);
    await pick(page, "Choose folder", first);
    await savedBatch(page);
    const [saved] = (await readSaved(page)).batches;
    await page.close();

    const next = await context.newPage();
    const created = countCreations(next);
    const release = await holdScript(next, "resume");
    await next.goto(resumeLink(saved ?? { id: "", tokens: { write: "" } }, server.origin));
    await drop(next, [first]);
    // The first page releases its lock.
    const locks = () => next.evaluate(async () => (await navigator.locks.query()).held);
    await expect.poll(locks).toEqual([]);
    release();
    await allStored(next, FILES);
    expect(created()).toBe(0);
  });

  test("a batch that a person resumes adds its files there", async ({ page, first, server }) => {
    const created = countCreations(page);
    await page.addInitScript(HOLD_LOCKS);
    page.on("dialog", (dialog) => void dialog.accept());
    await exposeSaved(page);
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [first]);
    await expect.poll(async () => (await readSaved(page)).handles).toBe(1);
    await page.reload();
    await button(page, "Resume").waitFor();
    await page.evaluate("holdLocks()");
    await button(page, "Resume").click();
    await drop(page, [first]);
    await page.getByText("Preparing the upload…").waitFor();
    release();
    await page.evaluate("releaseLocks()");
    await allStored(page, FILES);
    expect(created()).toBe(1);
  });

  test("a batch that another tab has starts another one", async ({
    page,
    context,
    first,
    next,
    server,
  }) => {
    await exposeSaved(page);
    await page.goto(server.origin);
    await holdUploads(page);
    await pick(page, "Choose folder", first);
    await savedBatch(page);
    const [saved] = (await readSaved(page)).batches;
    const second = await context.newPage();
    const release = await holdScript(second, "resume");
    await second.goto(resumeLink(saved ?? { id: "", tokens: { write: "" } }, server.origin));
    await drop(second, [next]);
    release();
    await allStored(second, FILES);
    await second.getByRole("row", { name: "11.txt" }).waitFor();
  });
});

/** Lets the page claim no batch between `holdLocks()` and `releaseLocks()`. */
const HOLD_LOCKS = `
  let held = Promise.resolve();
  globalThis.holdLocks = () => void (held = new Promise((resolve) => (globalThis.releaseLocks = resolve)));
  const { request } = LockManager.prototype;
  LockManager.prototype.request = async function (...given) {
    await held;
    return request.apply(this, given);
  };
`;

async function holdScript(page: Page, name: string): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await page.route(`**/assets/${name}-*.js`, async (route) => {
    await held.promise;
    await route.continue();
  });
  return held.resolve;
}

/** Returns a function that returns how many batches the page has created. */
function countCreations(page: Page): () => number {
  let count = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/v1/batches")) count += 1;
  });
  return () => count;
}

/** Declarations of the files of a folder. */
function textsOf(from: number): { name: string; size: number }[] {
  return Array.from({ length: FILES }, (_, place) => ({
    name: `${from + place}.txt`,
    path: `first/${from + place}.txt`,
    size: from + place,
  }));
}

async function writeTexts(folder: string, from: number): Promise<string> {
  await mkdir(folder);
  for (const { name, size } of textsOf(from)) await writeFile(join(folder, name), "x".repeat(size));
  return folder;
}
