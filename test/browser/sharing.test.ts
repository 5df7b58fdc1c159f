import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { parseResumeLink } from "../../site/share/links.ts";
import { flawsOf } from "../support/axe.ts";
import { test } from "../support/browser-test.ts";
import { TestBatch } from "../support/batch.ts";
import { addressOf, allStored, button, drop, holdUploads } from "../support/page.ts";
import { exposeSaved, readSaved } from "../support/saved.ts";

test.override("operator", { variables: { ABUSE_CONTACT: "abuse@example.com" } });

const NAMES = ["a.txt", "b.txt"];
const PHOTOS_NOTE = "Photos keep the location and time saved in them.";

const field = (page: Page) => page.getByRole("textbox", { name: "Share link" });

describe("the share link", () => {
  test.beforeAll(async ({ folder }) => {
    await mkdir(join(folder, "texts"));
    for (const name of NAMES) await writeFile(join(folder, "texts", name), name);
    await mkdir(join(folder, "photos"));
    await writeFile(join(folder, "photos/a.jpg"), "as good as a photo");
  });

  test.beforeEach(async ({ page, server }) => {
    await exposeSaved(page);
    await page.goto(server.origin);
  });

  test("is in a field before any file is stored, selected on focus, with its end", async ({
    page,
    folder,
  }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "texts")]);
    expect(await field(page).inputValue()).toMatch(/\/b\/\w+#token=/u);
    await field(page).focus();
    expect(await page.evaluate("getSelection().toString()")).toBe(await field(page).inputValue());
    await page.getByText(/It works until \w+ \d+, \d+\./u).waitFor();
    expect(await page.getByText(PHOTOS_NOTE).count()).toBe(0);
    expect(await flawsOf(page)).toEqual([]);
    expect(await nextLabel(button(page, "Copy link"))).toBe("Link copied");
  });

  test("has a QR code, whose dialog stays modal when the batch ends", async ({ page, folder }) => {
    const release = await holdUploads(page);
    await drop(page, [join(folder, "texts")]);
    await button(page, "QR code").click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    release();
    await page.locator(".share + .actions").waitFor();
    expect(await dialog.evaluate((it) => it.matches(":modal"))).toBe(true);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  test("is handed to the system's share sheet on a touch screen", async ({
    browser,
    server,
    folder,
  }) => {
    const context = await browser.newContext({ hasTouch: true, isMobile: true });
    const page = await context.newPage();
    await page.addInitScript(() => {
      Object.assign(navigator, {
        share: async ({ url }: ShareData) => void Object.assign(globalThis, { sharedLink: url }),
      });
    });
    await page.goto(server.origin);
    await drop(page, [join(folder, "texts")]);
    await button(page, "Share").click();
    expect(await page.evaluate("globalThis.sharedLink")).toBe(await field(page).inputValue());
    expect(await button(page, "Copy link").count()).toBe(1);
    await context.close();
  });

  test("of photos says once that they keep their location", async ({ page, folder, server }) => {
    await drop(page, [join(folder, "photos")]);
    await page.getByText(PHOTOS_NOTE).waitFor();
    await button(page, "Copy link").click();
    await page.goto(server.origin);
    await drop(page, [join(folder, "photos")]);
    await field(page).waitFor();
    await allStored(page, 1);
    expect(await page.getByText(PHOTOS_NOTE).count()).toBe(0);
  });

  test("can be ended and made anew; the sender's own downloads continue", async ({
    page,
    folder,
    browser,
  }) => {
    await drop(page, [join(folder, "texts")]);
    await allStored(page, NAMES.length);
    const link = await field(page).inputValue();
    await button(page, "End link").click();
    await page.getByRole("dialog").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await button(page, "Keep link").click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await field(page).count()).toBe(1);

    await button(page, "End link").click();
    await page.getByRole("dialog").getByRole("button", { name: "End link" }).click();
    await page.getByText("The link was ended.").first().waitFor();
    expect(await flawsOf(page)).toEqual([]);
    expect(new URL(await addressOf(page)).hash).toBe("");
    const recipient = await visit(browser, link);
    await recipient.getByRole("heading", { name: "This link was ended." }).waitFor();
    expect(await flawsOf(recipient)).toEqual([]);
    expect(await downloaded(page, "Download a.txt")).toBe("a.txt");

    await page.reload();
    await button(page, "Make a new link").click();
    await field(page).waitFor();
    expect(await field(page).inputValue()).not.toBe(link);
    expect(await addressOf(page)).toBe(await field(page).inputValue());
    await recipient.goto(await addressOf(page));
    await allStored(recipient, NAMES.length);
    await recipient.context().close();
  });

  test("ends with the files when they are deleted, and everyone is told", async ({
    page,
    folder,
    browser,
  }) => {
    const recipient = await sendTexts(page, folder, browser);
    await button(page, "Delete files").click();
    const dialog = page.getByRole("dialog", { name: "Delete 2 files?" });
    await dialog.waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Delete 2 files" }).click();
    await page.getByText("2 files were deleted.").first().waitFor();
    expect(new URL(await addressOf(page)).pathname).toBe("/");
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole("listitem").getByText("Deleted").waitFor();
    await recipient.getByRole("heading", { name: "These files were deleted." }).waitFor();
    await recipient.context().close();
  });

  test("are deleted even if another batch is started meanwhile", async ({
    page,
    folder,
    browser,
  }) => {
    const recipient = await sendTexts(page, folder, browser);
    const deletion = Promise.withResolvers<() => Promise<void>>();
    await page.route("**/v1/batches/*", (route) => {
      if (route.request().method() !== "DELETE") return route.fallback();
      return deletion.resolve(() => route.continue());
    });
    await button(page, "Delete files").click();
    await button(page, "Delete 2 files").click();
    const release = await deletion.promise;
    await drop(page, [join(folder, "photos")]);
    await allStored(page, 1);
    await release();
    await recipient.getByRole("heading", { name: "These files were deleted." }).waitFor();
    await recipient.context().close();
    // The page hears of it, and saves it, at another time than the recipient.
    const deleted = { deletedAt: expect.any(String) };
    await expect
      .poll(async () => (await readSaved(page)).batches)
      .toContainEqual(expect.objectContaining(deleted));
    await button(page, "Start another batch").click();
    await page.getByRole("listitem").getByText("Deleted").first().waitFor();
  });

  test("can be deleted with a batch that is being sent", async ({ page, folder }) => {
    await holdUploads(page);
    await drop(page, [join(folder, "texts")]);
    await field(page).waitFor();
    await button(page, "Delete files").click();
    await page.getByText("The upload stops.").waitFor();
    await button(page, "Delete 2 files").click();
    await page.getByText("2 files were deleted.").first().waitFor();
    await page.getByRole("listitem").getByText("Deleted").waitFor();
  });
});

describe("a link for another device", () => {
  test("has the share link's current token", async ({ page, folder, server }) => {
    await mkdir(join(folder, "moved"));
    await writeFile(join(folder, "moved", "a.txt"), "a");
    await page.goto(server.origin);
    await holdUploads(page);
    await drop(page, [join(folder, "moved")]);
    const link = await field(page).inputValue();
    await button(page, "End link").click();
    await page.getByRole("dialog").getByRole("button", { name: "End link" }).click();
    await button(page, "Make a new link").click();
    await field(page).waitFor();
    const renewed = await field(page).inputValue();
    expect(renewed).not.toBe(link);
    await button(page, "Continue on another device").click();
    await page.getByRole("dialog").getByRole("button", { name: "Copy link" }).click();
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(copied).toMatch(/#batch=/u);
    const { hash } = new URL(await copied());
    expect(renewed).toContain(`#token=${parseResumeLink(hash)?.tokens.read}`);
  });
});

describe("a recipient", () => {
  test.beforeAll(async ({ folder }) => {
    await mkdir(join(folder, "sent"));
    for (const name of NAMES) await writeFile(join(folder, "sent", name), name);
  });

  test("downloads all files, and can report them without the token", async ({
    page,
    folder,
    browser,
    server,
  }) => {
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [join(folder, "sent")]);
    const link = await field(page).inputValue();
    const recipient = await visit(browser, link);
    await recipient.getByRole("row").first().waitFor();
    const all = recipient.getByRole("link", { name: "Download all 2 files (10 bytes)" });
    expect(await all.count()).toBe(0);
    release();
    await allStored(recipient, NAMES.length);
    const download = recipient.waitForEvent("download");
    await all.click();
    const archive = await readFile(await (await download).path());
    for (const name of NAMES) expect(archive.includes(`sent/${name}`)).toBe(true);

    const report = recipient.getByRole("link", { name: "Report abuse" });
    const { searchParams, href } = new URL((await report.getAttribute("href")) ?? "");
    expect(href).toMatch(/^mailto:abuse@example\.com\?/u);
    expect(searchParams.get("body")).toBe(link.replace(/#.*/u, ""));
    expect(await flawsOf(recipient)).toEqual([]);
    await recipient.context().close();
  });

  test("downloads the only file, even if it replaced another", async ({ browser, server }) => {
    const batch = await TestBatch.create(server.origin, [{ name: "a.txt", size: 9 }]);
    const files = [{ name: "a.txt", size: 3, replaces: 0 }];
    await batch.call("/files", { method: "POST", body: JSON.stringify({ files }) });
    await batch.put(1, "new");
    await batch.seal();
    const { links, tokens } = batch.created;
    const recipient = await visit(browser, `${links.page}#token=${tokens.read}`);
    await allStored(recipient, 1);
    expect(await downloaded(recipient, "Download the file")).toBe("new");
    await recipient.context().close();
  });

  test.for([
    ["without a token", "/b/0123", "The link is incomplete."],
    ["with another token", "/b/0123#token=none", "This link doesn't work."],
  ] as const)("%s reads what to do", async ([, path, title], { page, server }) => {
    await page.goto(server.origin + path);
    await page.getByRole("heading", { name: title }).waitFor();
    expect(await page.getByText(/^(?:Ask|It may).*sender/u).count()).toBe(1);
    expect(await flawsOf(page)).toEqual([]);
  });
});

/** Presses a button. Returns its next label, which a slow test could miss: it is shown for a moment only. */
function nextLabel(pressed: Locator): Promise<string | null> {
  return pressed.evaluate(async (element: HTMLElement) => {
    const before = element.textContent;
    element.click();
    while (element.textContent === before) await new Promise(requestAnimationFrame);
    return element.textContent;
  });
}

/** Uploads the texts. Returns the recipient's page. */
async function sendTexts(page: Page, folder: string, browser: Browser): Promise<Page> {
  await drop(page, [join(folder, "texts")]);
  await allStored(page, NAMES.length);
  const recipient = await visit(browser, await addressOf(page));
  await allStored(recipient, NAMES.length);
  return recipient;
}

/** Opens a link in another browser than the sender's. */
async function visit(browser: Browser, link: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(link);
  return page;
}

/** Downloads a file by its link. Returns its content. */
async function downloaded(page: Page, name: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name }).click();
  return readFile(await (await download).path(), "utf8");
}
