import type { Locator, Page, Route, WebSocket } from "playwright-core";
import { parseJson } from "../../client/api/request.ts";
import { isFrame } from "../../client/api/guards.ts";
import type { Row } from "../../protocol/index.ts";

/** Of the page, in the window that a test opens. */
const MIDDLE = { x: 300, y: 300 };

export function button(page: Page, name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

export function summary(page: Page): Locator {
  return page.getByRole("region", { name: "Summary" });
}

/** Waits until all files of the page's batch are stored. */
export async function allStored(page: Page, files: number): Promise<void> {
  const said = files === 1 ? "The file is stored." : `All ${files} files are stored.`;
  await summary(page).getByText(said).waitFor();
}

/** Waits until a picture of the list is seen small. */
export async function thumbnailShown(page: Page, name: string): Promise<void> {
  await page.getByRole("searchbox", { name: "Search by name" }).fill(name);
  await page.getByRole("row", { name }).locator(".thumbnail canvas").waitFor();
}

/** Picks a file or a folder of this machine, by the button that is for it. */
export async function pick(page: Page, label: string, path: string): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await button(page, label).click();
  await (await chooser).setFiles(path);
}

/** Drops files or folders of this machine on the page, as a hand would. */
export async function drop(page: Page, paths: string[], at = MIDDLE): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await browser.send("Input.dispatchDragEvent", { type, ...at, data });
  }
  await browser.detach();
}

/** Keeps every row that the page is sent over its WebSocket, in order. */
export function recordRows(page: Page): Row[] {
  const rows: Row[] = [];
  page.on("websocket", (socket: WebSocket) => {
    socket.on("framereceived", ({ payload }) => {
      const frame = parseJson(payload.toString());
      if (isFrame(frame) && "files" in frame) rows.push(...frame.files);
    });
  });
  return rows;
}

/** What the overall bar shows, at each change of it: 0 to 100. */
export async function recordBar(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const seen: number[] = [];
    Object.assign(globalThis, { barSeen: seen });
    const look = () => {
      const bar = document.querySelector(".overall [role=progressbar]");
      const value = Number(bar?.getAttribute("aria-valuenow") ?? Number.NaN);
      if (!Number.isNaN(value) && value !== seen.at(-1)) seen.push(value);
      requestAnimationFrame(look);
    };
    look();
  });
  return async () => page.evaluate<number[]>("globalThis.barSeen");
}

/** Has what the page sends of files wait until the answer is called. */
export async function holdUploads(page: Page): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await routeUploads(page, async (route) => {
    await held.promise;
    // What was called off in the meantime has no request any more.
    await route.continue().catch(() => undefined);
  });
  return held.resolve;
}

/** Lets so many of the page's requests with files through, and holds the others up for good. */
export async function allowUploads(page: Page, count: number): Promise<void> {
  let seen = 0;
  await routeUploads(page, async (route) => {
    if (seen++ < count) await route.continue();
  });
}

/** Has every file of the page refused, as if it had been damaged on its way. */
export async function failUploads(page: Page): Promise<void> {
  const body = JSON.stringify({ code: "checksum_mismatch", detail: "Damaged on the way." });
  const contentType = "application/problem+json";
  await routeUploads(page, (route) => route.fulfill({ status: 422, contentType, body }));
}

/** Addresses that files are sent to: bundles, whole files (such as the last one alone), and parts. */
const UPLOAD_PATHS = /\/v1\/batches\/\w+\/(?:bundle|files\/\d+(?:\/parts\/\d+)?)$/u;

async function routeUploads(page: Page, handle: (route: Route) => Promise<void>): Promise<void> {
  await page.route(UPLOAD_PATHS, async (route) => {
    const isSent = ["POST", "PUT"].includes(route.request().method());
    await (isSent ? handle(route) : route.fallback());
  });
}
