import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { writeImages } from "./images.ts";
import { drop, failUploads, holdUploads } from "./page.ts";

/** Receives the page in each of its main states. */
type Visit = (page: Page, state: string) => Promise<void>;

interface Visited {
  /** Opens the sender's pages. */
  context: BrowserContext;
  /** Opens the recipient's page, which the sender's browser would open with the sender's controls. */
  recipient: BrowserContext;
  origin: string;
  /** An empty folder. */
  folder: string;
  /** Put at the start of each name. Default: nothing. */
  mark?: string;
}

/** Names that are words of no language. */
const FOLDER = "XX-2026";
const PICTURES = 4;

/**
 * Brings pages into their main states, one after the other. Finds everything without its text, so that it
 * works in every language.
 */
export async function visitStates(visited: Visited, visit: Visit): Promise<void> {
  const { mark = "" } = visited;
  const files = join(visited.folder, mark + FOLDER);
  await writeFiles(files, mark);
  const page = await visited.context.newPage();
  await page.goto(visited.origin);
  await page.locator(".empty button").first().waitFor();
  await visit(page, "empty");
  await visitUpload(page, files, visit);
  await visitEnd(page, visit);
  await visitRecipient(await visited.recipient.newPage(), page.url(), visit);
  await page.goto(visited.origin);
  await page.locator(".recent a").first().waitFor();
  await visit(page, "recent");
  await visitFailures(page, files, visit);
  await visitProblems(page, visited.origin, visit);
}

async function writeFiles(folder: string, mark: string): Promise<void> {
  await mkdir(join(folder, `${mark}YY`), { recursive: true });
  for (const name of (await writeImages(folder, PICTURES)).keys())
    await rename(join(folder, name), join(folder, mark + name));
  await writeFile(join(folder, `${mark}YY`, `${mark}0001.bin`), "0");
}

/** A batch while it is sent: its controls, paused, and seen from another tab. */
async function visitUpload(page: Page, files: string, visit: Visit): Promise<void> {
  const release = await holdUploads(page);
  await drop(page, [files]);
  await page.locator(".connection[data-connection=live]").waitFor();
  await page.locator("[role=grid]").waitFor();
  await visit(page, "sending");
  for (const menu of await page.locator(".menu > button").all()) {
    await menu.click();
    await visit(page, `menu ${await menu.getAttribute("aria-controls")}`);
    await page.keyboard.press("Escape");
  }
  const other = await page.context().newPage();
  await other.goto(new URL("/", page.url()).href);
  await other.locator(".offer").waitFor();
  await visit(other, "open in another tab");
  await other.close();
  const pause = page.locator(".actions button").first();
  await pause.click();
  await page.locator(".connection[data-connection=paused]").waitFor();
  await visit(page, "paused");
  await pause.click();
  await page.locator(".connection[data-connection=live]").waitFor();
  release();
}

/** The batch after its end: the dialogs and the lightbox. */
async function visitEnd(page: Page, visit: Visit): Promise<void> {
  await page.locator(".brand[data-done=true]").waitFor();
  await page.locator(".share-actions").waitFor();
  await page.waitForURL(/\/b\//u);
  await visit(page, "done");
  const dialog = page.locator("dialog[open]");
  const openers = page.locator(".share > button:not(.primary), .share-actions > button");
  for (const button of await openers.all()) {
    await button.click();
    await dialog.waitFor();
    await visit(page, `dialog of ${await button.innerText()}`);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  }
  // Rows are there only near the visible part of the page.
  await page.locator("[role=grid]").scrollIntoViewIfNeeded();
  await page.locator(".row .action button").first().click();
  await dialog.waitFor();
  await visit(page, "lightbox");
  await page.keyboard.press("Escape");
}

async function visitRecipient(page: Page, link: string, visit: Visit): Promise<void> {
  await page.goto(link);
  await page.locator(".download-all").waitFor();
  await visit(page, "recipient");
  await page.close();
}

async function visitFailures(page: Page, files: string, visit: Visit): Promise<void> {
  await failUploads(page);
  await drop(page, [files]);
  await page.locator(".failure-line").waitFor();
  await visit(page, "failed");
  await page.unrouteAll();
}

async function visitProblems(page: Page, origin: string, visit: Visit): Promise<void> {
  for (const path of ["/b/nowhere#token=none", "/b/nowhere", "/nowhere"]) {
    await page.goto(origin + path);
    await page.locator("h1").waitFor();
    await visit(page, path);
  }
}
