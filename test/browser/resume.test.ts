import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { describe, expect } from "vitest";
import type { BatchApi } from "../../client/api/batch-api.ts";
import { DAY_MS, type FileResource } from "../../protocol/index.ts";
import { flawsOf } from "../support/axe.ts";
import { storedIn, TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { launchProfile } from "../support/browser.ts";
import { writeImages } from "../support/images.ts";
import { savedBatch, readSaved, exposeSaved } from "../support/saved.ts";
import {
  addressOf,
  allStored,
  button,
  drop,
  holdUploads,
  allowUploads,
  pick,
  thumbnailShown,
  pressUntil,
} from "../support/page.ts";
import type { Server } from "../support/server.ts";

/** Enough files of about 200 KB for several bundles. */
const PICTURES = 24;
/** Four parts, and larger than the files whose bytes the page saves. */
const FILM_BYTES = 4 * 8 * 1024 * 1024 - 1000;

/** Adds folders to upload, and opens the page so that tests can read what it saves. */
const test = browserTest
  .extend("pictures", { scope: "file" }, async ({ folder }) => {
    await writeImages(join(folder, "pictures"), PICTURES);
    return join(folder, "pictures");
  })
  .extend("films", { scope: "file" }, async ({ folder }) => {
    await mkdir(join(folder, "films"));
    await writeFile(join(folder, "films/film.bin"), Buffer.alloc(FILM_BYTES, "film"));
    return join(folder, "films");
  })
  .extend("page", ({ context, server }) => openPage(context, server));

describe("an unfinished batch", () => {
  test("picked files are saved and resumed with one click, and stored ones are not sent again", async ({
    page,
    pictures,
  }) => {
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => dialogs.push(dialog.type()));
    const uploaded = await allowUploads(page, 2);
    await pick(page, "Choose folder", pictures);
    const batch = await savedBatch(page);
    await uploaded();
    await expect.poll(() => unsaved(page, batch)).toEqual([]);
    await reload(page);
    expect(dialogs).toEqual(["beforeunload"]);

    const before = await storedIn(batch);
    expect(before).not.toEqual([]);
    expect(before.length).toBeLessThan(PICTURES);
    await unfinished(page).getByText(`${before.length} of ${PICTURES} files stored`).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await button(page, "Resume").click();
    await allStored(page, PICTURES);
    const after = await storedIn(batch);
    const sent = after.find(({ id }) => !before.some((file) => file.id === id));
    await thumbnailShown(page, sent?.name ?? "no file was sent");
    expect(before.map(({ id }) => after[id]?.attempts)).toEqual(before.map(() => 1));
    const nothing = { batches: [{ isOver: true }], files: [], handles: 0 };
    await expect.poll(() => readSaved(page)).toMatchObject(nothing);
  });

  test("its bar doesn't show cancelled files as stored", async ({ page, pictures }) => {
    await holdUploads(page);
    await pick(page, "Choose folder", pictures);
    const batch = await savedBatch(page);
    for (let file = 0; file < PICTURES / 2; file++) await batch.deleteFile(file);
    await reload(page);
    const bar = unfinished(page).locator(".bar");
    const amounts = await bar.evaluate(({ style }) =>
      ["--stored", "--sent"].map((name) => style.getPropertyValue(name)),
    );
    expect(amounts).toEqual(["0%", "0%"]);
  });

  test("a crash of the page and a restart of the browser lose nothing", async ({
    folder,
    pictures,
    server,
  }) => {
    const profile = join(folder, "profile");
    const before = await launchProfile(profile);
    const page = await openPage(before, server);
    await allowUploads(page, 1);
    await pick(page, "Choose folder", pictures);
    const batch = await savedBatch(page);
    await expect.poll(() => unsaved(page, batch)).toEqual([]);
    const crash = page.waitForEvent("crash");
    await Promise.allSettled([page.goto("chrome://crash"), crash]);
    await before.close();

    const after = await launchProfile(profile);
    const reopened = await openPage(after, server);
    await button(reopened, "Resume").click();
    await allStored(reopened, PICTURES);
    await after.close();
    expect(await storedIn(batch)).toHaveLength(PICTURES);
  });

  test("a file that was cancelled stays so if the closing page couldn't tell the server", async ({
    page,
    pictures,
  }) => {
    await allowUploads(page, 1);
    await pick(page, "Choose folder", pictures);
    const batch = await savedBatch(page);
    await expect.poll(() => unsaved(page, batch)).toEqual([]);
    await page.evaluate(() => {
      const { fetch } = globalThis;
      // As Firefox below 133, which aborts the requests of a closing page.
      globalThis.fetch = (input, init) =>
        init?.method === "DELETE" ? Promise.reject(new TypeError()) : fetch(input, init);
    });
    // Room for all rows.
    await page.setViewportSize({ width: 1280, height: 3600 });
    const file = PICTURES - 1;
    const row = page.locator(`.row[data-file="${file}"]`);
    await pressUntil(row.locator(".end button"), row.getByText("Cancelled"));
    await expect.poll(() => readSaved(page)).toMatchObject({ batches: [{ cancelled: [file] }] });
    await reload(page);
    await unfinished(page).waitFor();
    expect((await batch.fileWithDigests(file)).state).not.toBe("cancelled");
    await button(page, "Resume").click();
    await expect.poll(async () => (await batch.fileWithDigests(file)).state).toBe("cancelled");
    await expect.poll(() => storedIn(batch)).toHaveLength(PICTURES - 1);
  });

  test("a dropped folder is read again from the disk, and its bytes are not saved", async ({
    page,
    pictures,
  }) => {
    await allowUploads(page, 1);
    await drop(page, [pictures]);
    const batch = await savedBatch(page);
    await expect.poll(() => storedIn(batch)).not.toEqual([]);
    await expect.poll(() => readSaved(page)).toMatchObject({ handles: 1, files: [] });
    await reload(page);
    const [stored] = await storedIn(batch);
    await button(page, "Resume").click();
    await allStored(page, PICTURES);
    await thumbnailShown(page, stored?.name ?? "no file is stored");
    await expect.poll(() => readSaved(page)).toMatchObject({ handles: 0, files: [] });
  });

  test("a large file has to be chosen again, and only its missing parts are sent", async ({
    page,
    pictures,
    films,
  }) => {
    await allowUploads(page, 2);
    await pick(page, "Choose folder", films);
    const batch = await savedBatch(page);
    const received = async () => (await batch.fileWithDigests(0)).parts?.received ?? [];
    await expect.poll(received).toHaveLength(2);
    await reload(page);
    await unfinished(page).getByText("0 of 1 file stored").waitFor();
    expect(await button(page, "Resume").count()).toBe(0);
    const parts = await received();
    page.on("request", (request) => {
      const [, part] = /\/parts\/(\d+)$/u.exec(request.url()) ?? [];
      if (part !== undefined) parts.push(Number(part));
    });

    await pick(page, "Choose folder again", pictures);
    await page.getByText("1 file is missing").first().waitFor();
    await page.getByText(`${PICTURES} files aren't in this batch`).first().waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await button(page, "Skip").click();
    await pick(page, "Choose folder again", films);
    await allStored(page, 1);
    expect(parts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });

  test("files whose declaration by the closed page arrives late are not declared twice", async ({
    page,
    pictures,
    films,
  }) => {
    await holdUploads(page);
    await pick(page, "Choose folder", pictures);
    const batch = await savedBatch(page);
    await reload(page);
    await pick(page, "Choose folder again", films);
    await page.getByText("1 file isn't in this batch").first().waitFor();
    const declaring = Promise.withResolvers<() => void>();
    await page.route("**/files", (route) => {
      declaring.resolve(() => void route.continue());
    });
    await button(page, "Add to batch").click();
    const release = await declaring.promise;
    const film = { name: "film.bin", path: "films/film.bin", size: FILM_BYTES };
    await batch.addFiles([film], PICTURES);
    release();
    const stored = expect.objectContaining({ id: PICTURES, name: "film.bin" });
    await expect.poll(() => storedIn(batch)).toContainEqual(stored);
    await pick(page, "Choose folder again", pictures);
    await allStored(page, PICTURES + 1);
  });

  test("the page shows that it is offline, and continues when it is online", async ({
    page,
    pictures,
    context,
  }) => {
    const release = await holdUploads(page);
    await pick(page, "Choose folder", pictures);
    await button(page, "Pause").waitFor();
    await context.setOffline(true);
    const connection = page.locator(".connection");
    await expect.poll(() => connection.innerText()).toContain("Offline");
    release();
    await context.setOffline(false);
    await allStored(page, PICTURES);
    await expect.poll(() => connection.innerText()).toBe("");
  });

  test("another device resumes a batch that is paused here", async ({
    page,
    pictures,
    browser,
    server,
  }) => {
    const release = await holdUploads(page);
    await pick(page, "Choose folder", pictures);
    await button(page, "Pause").click();
    await page.getByText("Paused.").first().waitFor();
    await button(page, "Continue on another device").click();
    await page.getByRole("img", { name: "QR code of the link for your other devices" }).waitFor();
    await button(page, "Close").click();
    release();

    const otherDevice = await browser.newContext();
    const other = await otherDevice.newPage();
    await savedBatch(page);
    const [batch] = (await readSaved(page)).batches;
    await other.goto(
      `${server.origin}/#${new URLSearchParams({ batch: batch?.id ?? "", ...batch?.tokens })}`,
    );
    await other.getByText("This link continues a batch from another device.").first().waitFor();
    expect(new URL(await addressOf(other)).hash).toBe("");
    await button(other, "Open the batch").click();
    await other.getByText(`${PICTURES} files are missing`).first().waitFor();
    await button(other, "Resume").click();
    await allStored(page, PICTURES);
    await allStored(other, PICTURES);
    await otherDevice.close();
  });

  test("the link of another person's batch takes no file of a visitor who isn't asked", async ({
    page,
    pictures,
    server,
  }) => {
    const theirs = await TestBatch.create(server.origin, []);
    const { write, read } = theirs.created.tokens;
    const open = async () => {
      await page.goto(
        `${server.origin}/#${new URLSearchParams({ batch: theirs.id, write, read })}`,
      );
      await page.getByText("This link continues a batch from another device.").first().waitFor();
    };
    await open();
    expect(await flawsOf(page)).toEqual([]);
    await drop(page, [pictures]);
    await page.getByText("Your files wait for your answer.").first().waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await button(page, "Don't open it").click();
    await allStored(page, PICTURES);
    expect((await theirs.status()).totals.files).toBe(0);

    await page.goto("about:blank");
    await open();
    await button(page, "Don't open it").click();
    expect((await readSaved(page)).batches.map(({ id }) => id)).not.toContain(theirs.id);

    await page.goto("about:blank");
    await open();
    await button(page, "Open the batch").click();
    await button(page, "Add more").click();
    await pick(page, "Add folder", pictures);
    await button(page, "Add to batch").click();
    await allStored(page, PICTURES);
    expect(await theirs.status()).toMatchObject({ state: "completed" });
  });

  test("another tab only views the batch until the first one closes", async ({
    page,
    pictures,
    context,
    server,
  }) => {
    await holdUploads(page);
    await pick(page, "Choose folder", pictures);
    await savedBatch(page);
    const second = await openPage(context, server);
    await unfinished(second).getByText("open in another tab").waitFor();
    expect(await button(second, "Resume").count()).toBe(0);
    expect(await flawsOf(second)).toEqual([]);
    const link = await unfinished(second).getByRole("link", { name: "View" }).getAttribute("href");
    expect(link).toMatch(/\/b\/\w+#token=/u);
    await page.close();
    await button(second, "Cancel").waitFor();
  });

  test.for([8, -8])(
    "is resumed on a device whose clock is %d days fast",
    async (days, { page, pictures, server }) => {
      await page.addInitScript(clockScript(days * DAY_MS));
      await page.goto(server.origin);
      await allowUploads(page, 2);
      await pick(page, "Choose folder", pictures);
      const batch = await savedBatch(page);
      await expect.poll(() => unsaved(page, batch)).toEqual([]);
      await reload(page);
      // By the server's time.
      await unfinished(page).getByText("Started today").waitFor();
      await button(page, "Resume").click();
      await allStored(page, PICTURES);
    },
  );

  test("a cancelled or expired batch is no longer listed, and its data is deleted", async ({
    page,
    pictures,
    server,
  }) => {
    await holdUploads(page);
    await drop(page, [pictures]);
    await expect.poll(() => readSaved(page)).toMatchObject({ handles: 1 });
    await page.reload();
    await button(page, "Cancel").click();
    await unfinished(page).waitFor({ state: "detached" });
    expect(await readSaved(page)).toMatchObject({ batches: [{ isOver: true }], handles: 0 });

    await drop(page, [pictures]);
    await expect.poll(() => readSaved(page)).toMatchObject({ handles: 1 });
    await page.goto(`${server.origin}/b/another-page`);
    await page.route(/\/v1\/batches\/\w+$/u, (route) =>
      route.fulfill({
        status: 410,
        headers: { "Tallyman-Version": "1.0.0" },
        json: { code: "batch_expired", detail: "" },
      }),
    );
    await page.goto(server.origin);
    const over = { batches: [{ isOver: true }], handles: 0 };
    await expect.poll(() => readSaved(page)).toMatchObject(over);
    await page.getByRole("listitem").first().waitFor();
    // The offer is shown while the server takes longer to respond.
    await expect.poll(() => unfinished(page).count()).toBe(0);
  });
});

async function openPage(context: BrowserContext, server: Server): Promise<Page> {
  const page = await context.newPage();
  // Confirms leaving the page, and cancelling.
  page.on("dialog", (dialog) => void dialog.accept());
  await exposeSaved(page);
  await page.goto(server.origin);
  return page;
}

/** Returns a script that sets the clock of a page, in milliseconds ahead of the actual time. */
function clockScript(aheadMs: number): string {
  return `
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...given) {
        super(...(given.length === 0 ? [Date.now()] : given));
      }
      static now() {
        return RealDate.now() + ${aheadMs};
      }
    };
  `;
}

const unfinished = (page: Page) => page.getByRole("region", { name: "Unfinished batches" });

/** Returns the files that are neither stored nor saved: the user would have to choose them again. */
async function unsaved(page: Page, batch: BatchApi): Promise<FileResource[]> {
  const saved = new Set((await readSaved(page)).files);
  const { files } = await batch.files(null);
  return files.filter(({ id, state }) => state !== "completed" && !saved.has(id));
}

/** Reloads the page, and lets all of its uploads through. */
async function reload(page: Page): Promise<void> {
  await page.reload();
  await page.unrouteAll();
}
