import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BatchApi } from "../client/api.ts";
import type { FileResource } from "../protocol/index.ts";
import { flawsOf } from "./support/axe.ts";
import { launchBrowser, launchProfile } from "./support/browser.ts";
import { writeImages } from "./support/images.ts";
import { keptBy, letExpire, showKept } from "./support/kept.ts";
import { drop, holdBundles } from "./support/page.ts";
import { type Server, startServer } from "./support/server.ts";

/** So many, of about 200 KB, that they go up in several bundles. */
const PICTURES = 24;
/** Four parts, the last one shorter: larger than what is kept of any file. */
const FILM_BYTES = 4 * 8 * 1024 * 1024 - 1000;

describe("coming back to an unfinished batch", () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tallyman-return-"));
    await writeImages(join(folder, "pictures"), PICTURES);
    await mkdir(join(folder, "films"));
    await writeFile(join(folder, "films/film.bin"), Buffer.alloc(FILM_BYTES, "film"));
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  });

  beforeEach(async () => {
    context = await browser.newContext();
    page = await openPage();
  });

  afterEach(async () => {
    await context.close();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function openPage(where = context): Promise<Page> {
    const opened = await where.newPage();
    // Whoever is asked whether to leave, or to call off, means it.
    opened.on("dialog", (dialog) => void dialog.accept());
    await showKept(opened);
    await opened.goto(server.origin);
    return opened;
  }

  const button = (name: string, on = page) => on.getByRole("button", { name, exact: true });
  const offer = (on = page) => on.getByRole("region", { name: "Not finished yet" });
  const allStored = (files: number, on = page) =>
    on
      .getByRole("region", { name: "Summary" })
      .getByText(files === 1 ? "The file is stored." : `All ${files} files are stored.`)
      .waitFor();

  async function pick(label: string, path: string): Promise<void> {
    const chooser = page.waitForEvent("filechooser");
    await button(label).click();
    await (await chooser).setFiles(join(folder, path));
  }

  /** Lets so many of the page's requests of a kind through, and holds the others up for good. */
  async function letThrough(requests: string, count: number): Promise<void> {
    let seen = 0;
    await page.route(requests, async (route) => {
      if (seen++ < count) await route.continue();
    });
  }

  /** The one batch that is kept, on the server. */
  async function batchOnServer(): Promise<BatchApi> {
    await expect.poll(async () => (await keptBy(page)).batches).toHaveLength(1);
    const [batch] = (await keptBy(page)).batches;
    const { signal } = new AbortController();
    return new BatchApi(server.origin, batch?.id ?? "", batch?.tokens.write ?? "", signal);
  }

  async function storedIn(batch: BatchApi): Promise<FileResource[]> {
    const { files } = await batch.files(null);
    return files.filter(({ state }) => state === "completed");
  }

  /** Files that would have to be asked for again if the page were gone. */
  async function lostWithPage(batch: BatchApi): Promise<FileResource[]> {
    const kept = new Set((await keptBy(page)).files);
    const { files } = await batch.files(null);
    return files.filter(({ id, state }) => state !== "completed" && !kept.has(id));
  }

  /** The page is gone, and comes back, with a network that holds nothing up any more. */
  async function comeBack(): Promise<void> {
    await page.reload();
    await page.unrouteAll();
  }

  test("picked files are kept, and sent on after one click; what is stored is not sent again", async () => {
    const asked: string[] = [];
    page.on("dialog", (dialog) => asked.push(dialog.type()));
    await letThrough("**/bundle", 2);
    await pick("Choose a folder", "pictures");
    const batch = await batchOnServer();
    await expect.poll(() => storedIn(batch)).not.toEqual([]);
    await expect.poll(() => lostWithPage(batch)).toEqual([]);
    await comeBack();
    expect(asked).toEqual(["beforeunload"]);

    const before = await storedIn(batch);
    expect(before.length).toBeLessThan(PICTURES);
    await offer().getByText(`${before.length} of ${PICTURES} files are stored`).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await button("Go on").click();
    await allStored(PICTURES);
    const after = await storedIn(batch);
    expect(before.map(({ id }) => after[id]?.attempts)).toEqual(before.map(() => 1));
    const nothing = { batches: [{ isOver: true }], files: [], handles: 0 };
    await expect.poll(() => keptBy(page)).toMatchObject(nothing);
  });

  test("a crash of the page and the end of the browser lose nothing either", async () => {
    const profile = join(folder, "profile");
    const before = await launchProfile(profile);
    page = await openPage(before);
    await letThrough("**/bundle", 1);
    await pick("Choose a folder", "pictures");
    const batch = await batchOnServer();
    await expect.poll(() => lostWithPage(batch)).toEqual([]);
    const crash = page.waitForEvent("crash");
    await Promise.allSettled([page.goto("chrome://crash"), crash]);
    await before.close();

    const after = await launchProfile(profile);
    page = await openPage(after);
    await button("Go on").click();
    await allStored(PICTURES);
    await after.close();
    expect(await storedIn(batch)).toHaveLength(PICTURES);
  });

  test("a dropped folder is read again where it lies, and nothing of it is kept", async () => {
    await letThrough("**/bundle", 1);
    await drop(page, [join(folder, "pictures")]);
    const batch = await batchOnServer();
    await expect.poll(() => storedIn(batch)).not.toEqual([]);
    await expect.poll(() => keptBy(page)).toMatchObject({ handles: 1, files: [] });
    await comeBack();
    await button("Go on").click();
    await allStored(PICTURES);
    await expect.poll(() => keptBy(page)).toMatchObject({ handles: 0, files: [] });
  });

  test("a large file is asked for again, and only its missing parts are sent", async () => {
    await letThrough("**/parts/*", 2);
    await pick("Choose a folder", "films");
    const batch = await batchOnServer();
    const received = async () => (await batch.fileWithDigests(0)).parts?.received ?? [];
    await expect.poll(received).toHaveLength(2);
    await comeBack();
    await offer().getByText("0 of 1 file is stored").waitFor();
    expect(await button("Go on").count()).toBe(0);
    const parts = await received();
    page.on("request", (request) => {
      const [, part] = /\/parts\/(\d+)$/u.exec(request.url()) ?? [];
      if (part !== undefined) parts.push(Number(part));
    });

    await pick("Choose the folder again", "pictures");
    await page.getByText("1 file is still missing").waitFor();
    await page.getByText(`${PICTURES} files of these were not in this batch`).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await button("Leave out").click();
    await pick("Choose the folder again", "films");
    await allStored(1);
    expect(parts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });

  test("files that the closed page has declared after all are not declared again", async () => {
    await holdBundles(page);
    await pick("Choose a folder", "pictures");
    const batch = await batchOnServer();
    await comeBack();
    await pick("Choose the folder again", "films");
    await page.getByText("1 file of these was not in this batch").waitFor();
    const declaring = Promise.withResolvers<() => void>();
    await page.route("**/files", (route) => {
      declaring.resolve(() => void route.continue());
    });
    await button("Add to the batch").click();
    const letGo = await declaring.promise;
    const film = { name: "film.bin", path: "films/film.bin", size: FILM_BYTES };
    await batch.addFiles([film], PICTURES);
    letGo();
    const stored = expect.objectContaining({ id: PICTURES, name: "film.bin" });
    await expect.poll(() => storedIn(batch)).toContainEqual(stored);
    await pick("Choose the folder again", "pictures");
    await allStored(PICTURES + 1);
  });

  test("without a network it waits, says so, and goes on", async () => {
    const letGo = await holdBundles(page);
    await pick("Choose a folder", "pictures");
    await button("Pause").waitFor();
    await context.setOffline(true);
    const connection = page.locator(".connection");
    await expect.poll(() => connection.innerText()).toContain("Waiting for the network");
    letGo();
    await context.setOffline(false);
    await allStored(PICTURES);
    await expect.poll(() => connection.innerText()).toBe("");
  });

  test("what is paused here is gone on with from another device", async () => {
    const letGo = await holdBundles(page);
    await pick("Choose a folder", "pictures");
    await button("Pause").click();
    await page.getByText("Paused.").waitFor();
    await button("Another device").click();
    await page.getByRole("img", { name: "The link for your other devices" }).waitFor();
    await button("Close").click();
    letGo();

    const elsewhere = await browser.newContext();
    const other = await elsewhere.newPage();
    const [batch] = (await keptBy(page)).batches;
    await other.goto(
      `${server.origin}/#${new URLSearchParams({ batch: batch?.id ?? "", ...batch?.tokens })}`,
    );
    await other.getByText(`${PICTURES} files are still missing`).waitFor();
    expect(new URL(other.url()).hash).toBe("");
    await button("Go on", other).click();
    await allStored(PICTURES);
    await allStored(PICTURES, other);
    await elsewhere.close();
  });

  test("another tab only watches, until it may go on", async () => {
    await holdBundles(page);
    await pick("Choose a folder", "pictures");
    await batchOnServer();
    const second = await openPage();
    await offer(second).getByText("open in another tab").waitFor();
    expect(await button("Go on", second).count()).toBe(0);
    expect(await flawsOf(second)).toEqual([]);
    const link = await offer(second).getByRole("link", { name: "Watch" }).getAttribute("href");
    expect(link).toMatch(/\/b\/\w+#token=/u);
    await page.close();
    await button("Call off", second).waitFor();
  });

  test("what is called off, or too old, is offered no more, and nothing of it is kept", async () => {
    await holdBundles(page);
    await drop(page, [join(folder, "pictures")]);
    await expect.poll(() => keptBy(page)).toMatchObject({ handles: 1 });
    await page.reload();
    await button("Call off").click();
    await offer().waitFor({ state: "detached" });
    expect(await keptBy(page)).toMatchObject({ batches: [{ isOver: true }], handles: 0 });

    await drop(page, [join(folder, "pictures")]);
    await expect.poll(() => keptBy(page)).toMatchObject({ handles: 1 });
    await page.goto(`${server.origin}/b/another-page`);
    await letExpire(page);
    await page.goto(server.origin);
    await page.getByRole("listitem").first().waitFor();
    expect(await offer().count()).toBe(0);
    expect(await keptBy(page)).toMatchObject({ batches: [{ isOver: true }], handles: 0 });
  });

  test("recent batches are listed with their state, and open", async () => {
    await pick("Choose a folder", "pictures");
    await allStored(PICTURES);
    await button("Start another batch").click();
    const line = page.getByRole("listitem");
    expect(await line.innerText()).toMatch(/today, .+\s24 files\sDone/isu);
    expect(await flawsOf(page)).toEqual([]);
    await line.getByRole("link").click();
    await page.getByText("You are watching a batch.").waitFor();
    await allStored(PICTURES);
  });

  test("an owner whom the server does not know any more begins anew", async () => {
    const own = "tallyman:owner";
    await page.evaluate((key) => localStorage.setItem(key, "of another secret"), own);
    await pick("Choose a folder", "pictures");
    await allStored(PICTURES);
    expect(await page.evaluate((key) => localStorage.getItem(key), own)).toMatch(/^ey/u);
    await button("Start another batch").click();
    await page.getByRole("listitem").getByText("Done").waitFor();
  });
});
