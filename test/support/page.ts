import type { Locator, Page, Route, WebSocket } from "playwright-core";
import { parseJson } from "../../client/api/request.ts";
import { isCreatedBatch, isFrame } from "../../client/api/guards.ts";
import type { Row } from "../../protocol/index.ts";

/** The middle of the page. */
const MIDDLE = { x: 300, y: 300 };

export function button(page: Page, name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

export function summary(page: Page): Locator {
  return page.getByRole("region", { name: "Summary" });
}

/** The line about failed files. */
export function failures(page: Page): Locator {
  return page.getByRole("region", { name: "Failed files" });
}

/**
 * Returns the address that the page shows now. `page.url()` would learn only later, through the browser's
 * own process, that the page has replaced it.
 */
export function addressOf(page: Page): Promise<string> {
  return page.evaluate(() => location.href);
}

/** Waits until all files of the page's batch are stored. */
export async function allStored(page: Page, files: number): Promise<void> {
  const text =
    files === 1 ? /^1 \w+ is safe\.$/u : new RegExp(`^All ${files} \\w+ are safe\\.$`, "u");
  await page.getByRole("heading", { name: text }).waitFor();
  // The hero says so before the last file is processed.
  await summary(page).waitFor();
}

/** Searches the list for a file, and waits for its thumbnail. */
export async function thumbnailShown(page: Page, name: string): Promise<void> {
  await page.getByRole("searchbox", { name: "Find by name" }).fill(name);
  await page.getByRole("row", { name }).locator(".thumbnail canvas").waitFor();
}

/** Picks a file or a folder in the dialog that a button opens. */
export async function pick(page: Page, label: string, path: string): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await button(page, label).click();
  await (await chooser).setFiles(path);
}

/** Returns the share link of the batch that the page creates next. */
export async function createdLink(page: Page): Promise<string> {
  const response = await page.waitForResponse(
    (each) => each.url().endsWith("/v1/batches") && each.request().method() === "POST",
  );
  const created = parseJson(await response.text());
  if (!isCreatedBatch(created)) throw new TypeError("The server has created no batch.");
  return `${created.links.page}#token=${created.tokens.read}`;
}

/** Presses a row's button until it has an effect: a row that has just moved ignores the press. */
export async function pressUntil(control: Locator, effect: Locator): Promise<void> {
  while ((await effect.count()) === 0) {
    // The button is gone once it has had its effect.
    await control.click({ timeout: 1000 }).catch(() => undefined);
    await effect.waitFor({ timeout: 1000 }).catch(() => undefined);
  }
}

/**
 * Keeps offers to undo the cancellation of a file that appear from now on: a busy machine may need longer
 * to press them than the eight seconds for which they stand.
 */
export async function keepUndo(page: Page): Promise<void> {
  await page.evaluate(() => {
    const start = globalThis.setTimeout;
    const startShort = (run: TimerHandler, ms?: number, ...rest: unknown[]): number =>
      ms === 8000 ? -1 : start(run, ms, ...rest);
    globalThis.setTimeout = Object.assign(startShort, start);
  });
}

/**
 * Waits until the page receives live updates. After ten seconds without a byte, as of held uploads, it says
 * so in place of that.
 */
export async function connected(page: Page): Promise<void> {
  const states = ["live", "unresponsive"].map((state) => `[data-connection=${state}]`);
  await page.locator(`.connection:is(${states.join()})`).waitFor();
}

/** Waits until an element has kept its place for some frames, as those around it are laid out after their first. */
export async function placeKept(element: Locator): Promise<void> {
  await element.evaluate(async (kept) => {
    let [before, frames] = [Number.NaN, 0];
    while (frames < 10) {
      await new Promise(requestAnimationFrame);
      const top = kept.getBoundingClientRect().top + scrollY;
      frames = top === before ? frames + 1 : 0;
      before = top;
    }
  });
}

/** Copies the share link. Returns it once it is in the clipboard. */
export async function copyLink(page: Page): Promise<string> {
  await button(page, "Copy link").click();
  const link = await page.getByRole("textbox", { name: "Share link" }).inputValue();
  await page.evaluate(async (copied) => {
    while ((await navigator.clipboard.readText()) !== copied)
      await new Promise(requestAnimationFrame);
  }, link);
  return link;
}

/** Waits until the rows have kept their places for longer than the page ignores presses on moved ones. */
export async function rowsSteady(page: Page): Promise<void> {
  await page.evaluate(async () => {
    let [before, since] = ["", 0];
    while (before === "" || performance.now() - since < 400) {
      const rows = [...document.querySelectorAll<HTMLElement>(".row")];
      const tops = rows.map((row) => row.getBoundingClientRect().top + scrollY);
      const places = rows.map((row, index) => `${row.dataset["file"]} at ${tops[index]}`).join();
      if (places !== before) [before, since] = [places, performance.now()];
      await new Promise(requestAnimationFrame);
    }
  });
}

/** Presses a button in a menu of the batch's controls. */
export async function choose(page: Page, menu: string, name: string): Promise<void> {
  await button(page, menu).click();
  await button(page, name).click();
}

export interface DragData {
  items: { mimeType: string; data: string }[];
  /** Paths of files and folders. */
  files: string[];
  /** What the source allows: 1 copy, 2 link, 16 move, or sums of them. */
  dragOperationsMask: number;
}

/** Drops files or folders on the page. */
export async function drop(page: Page, paths: string[], at = MIDDLE): Promise<void> {
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  await drag(page, ["dragEnter", "dragOver", "drop"], data, at);
}

/** Sends events of a drag that comes from another program. */
export async function drag(
  page: Page,
  types: readonly ("dragEnter" | "dragOver" | "drop")[],
  data: DragData,
  at = MIDDLE,
): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  for (const type of types) await browser.send("Input.dispatchDragEvent", { type, ...at, data });
  await browser.detach();
}

/** Returns a list that receives every row from the page's WebSocket, in order. */
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

/** Records the values of the overall bar, 0 to 100. Returns a function that reads those of all frames so far. */
export async function recordBar(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const seen: number[] = [];
    Object.assign(globalThis, { barSeen: seen });
    const record = () => {
      const bar = document.querySelector(".overall [role=progressbar]");
      const value = Number(bar?.getAttribute("aria-valuenow") ?? Number.NaN);
      if (!Number.isNaN(value) && value !== seen.at(-1)) seen.push(value);
      requestAnimationFrame(record);
    };
    record();
  });
  return async () => {
    // The value that the bar has now is recorded in the next frame.
    await page.evaluate(() => new Promise((next) => void requestAnimationFrame(next)));
    return page.evaluate<number[]>("globalThis.barSeen");
  };
}

/** Holds the page's uploads until the returned function is called. */
export async function holdUploads(page: Page): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await routeUploads(page, async (route) => {
    await held.promise;
    // A cancelled upload has no request to continue.
    await route.continue().catch(() => undefined);
  });
  return held.resolve;
}

/**
 * Holds the creation of the page's batches until the returned function is called. A file that changes
 * meanwhile is read again only when it is sent: held uploads would have read it before.
 */
export async function holdCreation(page: Page): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await page.route(/\/v1\/batches$/u, async (route) => {
    if (route.request().method() === "POST") await held.promise;
    await route.continue().catch(() => undefined);
  });
  return held.resolve;
}

/**
 * Lets the first `count` uploads through and never answers the others. Returns a function that waits for
 * the responses: a page that is closed before them doesn't keep the server from storing their files later.
 */
export async function allowUploads(page: Page, count: number): Promise<() => Promise<void>> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let [seen, answered] = [0, 0];
  const note = (): void => {
    if (++answered === count) resolve();
  };
  await routeUploads(page, async (route) => {
    if (seen++ >= count) return;
    // A page that crashes has no response any more.
    void route
      .request()
      .response()
      .then(note, () => undefined);
    await route.continue();
  });
  return () => promise;
}

/** Refuses every upload with a checksum mismatch. */
export async function failUploads(page: Page): Promise<void> {
  const body = JSON.stringify({
    code: "checksum_mismatch",
    detail: "The bytes were damaged in transit.",
  });
  // Without its version, it would be a response of something between the page and the server.
  const headers = { "Content-Type": "application/problem+json", "Tallyman-Version": "1.0.0" };
  await routeUploads(page, (route) => route.fulfill({ status: 422, headers, body }));
}

/** Paths of bundles, whole files and parts. */
const UPLOAD_PATHS = /\/v1\/batches\/\w+\/(?:bundle|files\/\d+(?:\/parts\/\d+)?)$/u;

async function routeUploads(page: Page, handle: (route: Route) => Promise<void>): Promise<void> {
  await page.route(UPLOAD_PATHS, async (route) => {
    const isUpload = ["POST", "PUT"].includes(route.request().method());
    await (isUpload ? handle(route) : route.fallback());
  });
}
