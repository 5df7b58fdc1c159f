import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { storedIn } from "../support/batch.ts";
import { test } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { allowUploads, button, drop, recordBar } from "../support/page.ts";
import { exposeSaved, readSaved, savedBatch } from "../support/saved.ts";

/** Enough files of about 200 KB for several bundles. */
const PICTURES = 24;

declare global {
  /** Texts of the hero, in order. */
  var heroSeen: string[];
}

/** Records each text of the hero from now on. */
function recordHero(): void {
  globalThis.heroSeen = [];
  const record = (): void => {
    const text = document.querySelector<HTMLElement>(".hero")?.innerText ?? "";
    if (text !== "" && text !== globalThis.heroSeen.at(-1)) globalThis.heroSeen.push(text);
    requestAnimationFrame(record);
  };
  record();
}

/** Holds the page's WebSockets until the returned function is called. */
async function holdSockets(page: Page): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.routeWebSocket(/\/live/u, async (socket) => {
    await promise;
    socket.connectToServer();
  });
  return resolve;
}

test("a batch that is resumed starts with what is stored, not at 0", async ({
  page,
  folder,
  server,
}) => {
  await exposeSaved(page);
  const pictures = join(folder, "pictures");
  await writeImages(pictures, PICTURES);
  await page.goto(server.origin);
  const uploaded = await allowUploads(page, 2);
  await drop(page, [pictures]);
  const batch = await savedBatch(page);
  await uploaded();
  await expect.poll(() => readSaved(page)).toMatchObject({ handles: 1 });
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();
  const resume = button(page, "Resume");
  await resume.waitFor();
  const { length: stored } = await storedIn(batch);
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(PICTURES);
  const barSeen = await recordBar(page);
  await page.evaluate(recordHero);
  const release = await holdSockets(page);
  const listed = page.waitForResponse((each) => /\/files\?/u.test(each.url()));
  await resume.click();
  await (await listed).finished();
  await page.getByRole("heading", { name: "Loading batch…" }).waitFor();
  expect(await page.getByRole("button", { name: "Delete files" }).count()).toBe(0);
  release();
  await page.getByRole("heading", { name: `${stored} of ${PICTURES} files stored` }).waitFor();
  await page.locator("[role=grid]").waitFor();
  const percents = await barSeen();
  const least = Math.floor((100 * stored) / PICTURES) - 1;
  expect(percents.length).toBeGreaterThan(0);
  expect(Math.min(...percents)).toBeGreaterThanOrEqual(least);
  const texts = await page.evaluate(() => globalThis.heroSeen);
  expect(texts.filter((text) => /\b0 of |\b0%|No files yet/u.test(text))).toEqual([]);
});
