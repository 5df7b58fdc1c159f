import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { connected, drag, drop, holdUploads, pressUntil } from "./page.ts";
import type { Visit } from "./page-states.ts";

/** Visits a batch while it is sent: its controls, why nothing moves, and what other tabs and people see. */
export async function visitUpload(
  page: Page,
  files: string,
  recipient: Page,
  visit: Visit,
): Promise<void> {
  const release = await holdUploads(page);
  await visitDrag(page, files, visit);
  await drop(page, [files]);
  await connected(page);
  await page.locator("[role=grid]").waitFor();
  await visit(page, "sending");
  await visitMenus(page, visit);
  await visitUndo(page, visit);
  await recipient.goto(await page.locator(".share > input").inputValue());
  await recipient.locator("[role=grid]").waitFor();
  await visit(recipient, "recipient while files are sent");
  await visitOtherTab(page, visit);
  await visitOffline(page, visit);
  await visitPaused(page, recipient, visit);
  await visitDropNotes(page, files, visit);
  release();
}

/** Visits a batch that its sender has cancelled. */
export async function visitCancelled(page: Page, files: string, visit: Visit): Promise<void> {
  await holdUploads(page);
  await drop(page, [files]);
  await connected(page);
  await page.locator(".menu > button").last().click();
  page.once("dialog", (dialog) => void dialog.accept());
  await page.locator(".menu-panel > button").last().click();
  await page.locator(".menu > button").last().waitFor({ state: "detached" });
  await visit(page, "cancelled");
  await page.unrouteAll();
}

async function connectionIs(page: Page, state: string): Promise<void> {
  await page.locator(`.connection[data-connection=${state}]`).waitFor();
}

/** Not that it is live: after ten seconds without a byte it says that nothing arrives. */
async function connectionIsNot(page: Page, state: string): Promise<void> {
  await page.locator(`.connection[data-connection]:not([data-connection=${state}])`).waitFor();
}

async function visitDrag(page: Page, files: string, visit: Visit): Promise<void> {
  const data = { items: [], files: [files], dragOperationsMask: 1 };
  await drag(page, ["dragEnter", "dragOver"], data);
  await page.locator(".drop-overlay").waitFor();
  await visit(page, "files are dragged over the page");
}

async function visitMenus(page: Page, visit: Visit): Promise<void> {
  for (const menu of await page.locator(".menu > button").all()) {
    await menu.click();
    await visit(page, `menu ${await menu.getAttribute("aria-controls")}`);
    await page.keyboard.press("Escape");
  }
}

/** A file that was cancelled, and can be restored for some seconds. */
async function visitUndo(page: Page, visit: Visit): Promise<void> {
  const undo = page.locator(".row .action button");
  await pressUntil(page.locator(".row .end button").first(), undo);
  await visit(page, "a file can be restored");
  // The offer may be over by then, or before the press.
  while (await undo.isVisible()) await undo.click({ timeout: 1000 }).catch(() => undefined);
}

async function visitOtherTab(page: Page, visit: Visit): Promise<void> {
  const other = await page.context().newPage();
  await other.goto(new URL("/", page.url()).href);
  await other.locator(".offer").waitFor();
  await visit(other, "open in another tab");
  await other.close();
}

async function visitOffline(page: Page, visit: Visit): Promise<void> {
  await page.context().setOffline(true);
  await connectionIs(page, "offline");
  await visit(page, "offline");
  await page.context().setOffline(false);
  await connectionIsNot(page, "offline");
}

async function visitPaused(page: Page, recipient: Page, visit: Visit): Promise<void> {
  const pause = page.locator(".actions button").first();
  await pause.click();
  for (const each of [page, recipient]) await connectionIs(each, "paused");
  await visit(page, "paused");
  await visit(recipient, "paused, for a recipient");
  await pause.click();
  await connectionIsNot(page, "paused");
}

/** An empty folder was skipped. */
async function visitDropNotes(page: Page, files: string, visit: Visit): Promise<void> {
  await mkdir(join(files, "ZZ"));
  await drop(page, [files]);
  const ok = page.locator(".notes .note button");
  await ok.waitFor();
  await visit(page, "a note about a drop");
  await ok.click();
  await rmdir(join(files, "ZZ"));
}
