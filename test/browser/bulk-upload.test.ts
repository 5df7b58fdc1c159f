import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import type { FilePage, FileResource, Row } from "../../protocol/index.ts";
import { test } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { copyLink, drop, recordBar, recordRows, summary } from "../support/page.ts";

const IMAGES = 490;
/** With progress per 100 files, the bar would show six. */
const FEWEST_VALUES = 20;

/**
 * The bug that led to this product: 490 images were dropped, and the bar jumped a hundred files at a
 * time, because progress was known per chunk and not per file.
 */
describe("490 images of about 200 KB, dropped on the page", () => {
  let digests: Map<string, string>;
  let page: Page;
  let watcher: Page;
  let rows: Row[];
  let bar: number[];
  let files: FileResource[];
  let shareLink: string;

  test.beforeAll(async ({ folder, server, browser }) => {
    digests = await writeImages(join(folder, "holiday"), IMAGES);
    const context = await browser.newContext({
      permissions: ["clipboard-read", "clipboard-write"],
    });
    page = await context.newPage();
    rows = recordRows(page);
    await page.goto(server.origin);
    const barSeen = await recordBar(page);
    await drop(page, [join(folder, "holiday")]);
    shareLink = await copyLink(page);
    watcher = await (await browser.newContext()).newPage();
    await watcher.goto(shareLink);
    await untilStored(page, IMAGES);
    await page.locator(".overall [aria-valuenow='100']").waitFor();
    bar = await barSeen();
    files = await filesOf(shareLink);
  });

  test("each file passes through all of its states", () => {
    const stages = new Map<number, string[]>();
    for (const [id, state, progress] of rows) {
      // A file whose request broke is sent again.
      const seen = state === "queued" ? [] : (stages.get(id) ?? []);
      const stage = state === "uploading" && progress < 50 ? "uploading" : `${state} ${progress}`;
      if (state !== "queued" && seen.at(-1) !== stage) seen.push(stage);
      stages.set(id, seen);
    }
    const everyStage = "uploading, uploading 50, processing 75, completed 100";
    const others = [...stages.values()]
      .map((seen) => seen.join(", "))
      .filter((s) => s !== everyStage);
    expect([...stages.keys()].toSorted((a, b) => a - b)).toEqual([...Array(IMAGES).keys()]);
    expect(others).toEqual([]);
  });

  test("the overall bar moves with the files, and never goes back", () => {
    const steps = bar.slice(1).map((value, index) => value - (bar[index] ?? 0));
    expect(bar.at(-1)).toBe(100);
    expect(bar.length).toBeGreaterThan(FEWEST_VALUES);
    // Bytes of a request that broke are sent again.
    const isRepeated = rows.some(([, state]) => state === "queued");
    expect(isRepeated || Math.min(...steps) > 0).toBe(true);
  });

  test("all files are in R2 with the right digests", async () => {
    expect(files.map(({ name }) => name).toSorted()).toEqual([...digests.keys()].toSorted());
    const token = new URLSearchParams(new URL(shareLink).hash.slice(1)).get("token");
    const stored = files.map(async ({ name, links, sha256, width, type }) => {
      const content = await fetch(`${links.content}?token=${token}`);
      const digest = createHash("sha256")
        .update(await content.bytes())
        .digest("hex");
      return { name, digest, sha256, type, width };
    });
    const expected = files.map(({ name }) => {
      const digest = digests.get(name);
      return { name, digest, sha256: digest, type: "image/png", width: 256 };
    });
    expect(await Promise.all(stored)).toEqual(expected);
  });

  test("the summary shows 490 stored files", async () => {
    await page.getByRole("heading", { name: `All ${IMAGES} photos are safe.` }).waitFor();
    // Once: the summary below adds what the heading doesn't say.
    expect(await summary(page).innerText()).not.toContain(`${IMAGES}`);
  });

  test("a second browser shows the same by the share link", async () => {
    await untilStored(watcher, IMAGES);
    const shown = await page.locator(".headline").innerText();
    await expect.poll(() => watcher.locator(".headline").innerText()).toBe(shown);
  });
});

/** Waits for each step: a busy machine may take longer for all of them than one action may take. */
async function untilStored(page: Page, files: number): Promise<void> {
  const count = page.locator(".stored-count");
  for (let stored = ""; stored !== `${files}`; stored = await count.innerText())
    await count.filter({ hasNotText: new RegExp(`^${stored}$`, "u") }).waitFor();
}

async function filesOf(shareLink: string): Promise<FileResource[]> {
  const { origin, pathname, hash } = new URL(shareLink);
  const token = new URLSearchParams(hash.slice(1)).get("token");
  const batch = pathname.split("/").at(-1);
  const response = await fetch(`${origin}/v1/batches/${batch}/files?token=${token}`);
  const page: FilePage = await response.json();
  return page.files;
}
