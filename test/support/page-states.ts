import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { isCreatedBatch } from "../../client/api/guards.ts";
import { parseJson } from "../../client/api/request.ts";
import { resumeLink } from "../../site/share/links.ts";
import { writeImages } from "./images.ts";
import { addressOf, drop, failUploads } from "./page.ts";
import { visitCancelled, visitUpload } from "./upload-states.ts";

/** Receives the page in each of its states. */
export type Visit = (page: Page, state: string) => Promise<void>;

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
 * Brings pages into their states, one after the other. Finds everything without its text, so that it
 * works in every language.
 */
export async function visitStates(visited: Visited, visit: Visit): Promise<void> {
  const { mark = "" } = visited;
  const files = join(visited.folder, mark + FOLDER);
  await writeFiles(files, mark);
  const page = await visited.context.newPage();
  const recipient = await visited.recipient.newPage();
  await openStart(page, visited.origin);
  await visit(page, "empty");
  await visitUpload(page, files, recipient, visit);
  await visitEnd(page, visit);
  await visitRecipient(recipient, await addressOf(page), visit);
  await visitLinkEnd(page, recipient, visit);
  await openStart(page, visited.origin);
  await visitCancelled(page, files, visit);
  await openStart(page, visited.origin);
  await visitFailures(page, files, visit);
  await openStart(page, visited.origin);
  await page.locator(".offer").waitFor();
  await page.locator(".recent a").first().waitFor();
  await visit(page, "resume offer and recent batches");
  await visitLinkedBatch(page, visited.origin, visit);
  await visitProblems(page, visited.origin, visit);
}

/** A page in another language is there only once that has loaded. */
async function openStart(page: Page, origin: string): Promise<void> {
  await page.goto(origin);
  await page.locator(".empty button").first().waitFor();
}

async function writeFiles(folder: string, mark: string): Promise<void> {
  await mkdir(join(folder, `${mark}YY`), { recursive: true });
  for (const name of (await writeImages(folder, PICTURES)).keys())
    await rename(join(folder, name), join(folder, mark + name));
  await writeFile(join(folder, `${mark}YY`, `${mark}0001.bin`), "0");
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
  await visitLightbox(page, "lightbox", visit);
}

async function visitLightbox(page: Page, state: string, visit: Visit): Promise<void> {
  // Rows are there only near the visible part of the page.
  await page.locator("[role=grid]").scrollIntoViewIfNeeded();
  await page.locator(".row .action button").first().click();
  await page.locator("dialog[open] img").waitFor();
  await visit(page, state);
  await page.keyboard.press("Escape");
}

async function visitRecipient(page: Page, link: string, visit: Visit): Promise<void> {
  await page.goto(link);
  await page.locator(".download-all").waitFor();
  await visit(page, "recipient");
  await visitLightbox(page, "lightbox of a recipient", visit);
}

/** The sender ends the link, and then deletes the files. */
async function visitLinkEnd(page: Page, recipient: Page, visit: Visit): Promise<void> {
  await confirm(page, 0);
  await page.locator(".link-ended").waitFor();
  await visit(page, "the link has ended");
  await recipient.reload();
  await recipient.locator("h1 + .lead").waitFor();
  await visit(recipient, "the link has ended, for a recipient");
  await recipient.close();
  await confirm(page, 0);
  await page.locator(".deleted-note").waitFor();
  await visit(page, "deleted");
}

/** Presses one of the buttons below the share link, and confirms it. */
async function confirm(page: Page, button: number): Promise<void> {
  await page.locator(".share-actions > button").nth(button).click();
  await page.locator("dialog[open] .primary").click();
}

async function visitFailures(page: Page, files: string, visit: Visit): Promise<void> {
  await failUploads(page);
  await drop(page, [files]);
  await page.locator(".failure-line").waitFor();
  await visit(page, "failed");
  await page.unrouteAll();
}

/** A link of another device, and then its batch, whose file this device doesn't have. */
async function visitLinkedBatch(page: Page, origin: string, visit: Visit): Promise<void> {
  const body = JSON.stringify({ files: [{ name: "0.bin", size: 3 }], sealed: false });
  const response = await fetch(`${origin}/v1/batches`, { method: "POST", body });
  const batch = parseJson(await response.text());
  if (!isCreatedBatch(batch)) throw new TypeError("The server has created no batch.");
  // Another fragment alone does not load a page.
  await page.goto("about:blank");
  await page.goto(resumeLink(batch, origin));
  const open = page.locator(".offer .primary").first();
  await open.waitFor();
  await visit(page, "link of another device");
  await open.click();
  await page.locator("main > .note").first().waitFor();
  await page.locator("[role=grid]").waitFor();
  await visit(page, "a file is missing");
}

async function visitProblems(page: Page, origin: string, visit: Visit): Promise<void> {
  for (const path of ["/b/nowhere#token=none", "/b/nowhere", "/nowhere"]) {
    await page.goto(origin + path);
    await page.locator("h1").waitFor();
    await visit(page, path);
  }
}
