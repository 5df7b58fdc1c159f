// Makes docs/tallyman.webp, the picture in README.md: `npm run picture`.
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "./support/browser.ts";
import { writeLandscapes } from "./support/landscapes.ts";
import { drop } from "./support/page.ts";
import { ROOT } from "./support/process-group.ts";
import { startServer } from "./support/server.ts";

const PHOTOS = 489;
/** By name, it comes among the first photographs. It is large enough to be sent in parts. */
const VIDEO = { name: "IMG_0002.mov", bytes: 180_000_000 };
/** Deleted after the drop, so that its upload fails. */
const DELETED = "IMG_0003.png";
/** Files that are stored when the picture is taken. */
const STORED = 300;
/** Bytes per second. */
const UPLOAD_SPEED = 12_000_000;
const WINDOW = { viewport: { width: 1160, height: 836 }, deviceScaleFactor: 2 };
/** The page's font is the system's, which on a Debian without a desktop is a wide one. */
const FONT = ':root { --sans: "Liberation Sans" }';
const QUALITY = 82;

const folder = await mkdtemp(join(tmpdir(), "tallyman-picture-"));
await writeLandscapes(folder, PHOTOS);
await writeFile(join(folder, VIDEO.name), randomBytes(VIDEO.bytes));
const server = await startServer();
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ ...WINDOW, bypassCSP: true });
  await limitSpeed(page);
  await page.goto(server.origin);
  await page.addStyleTag({ content: FONT });
  await drop(page, await filesIn(folder));
  await rm(join(folder, DELETED));
  await untilStored(page, STORED);
  await writeFile(join(ROOT, "docs/tallyman.webp"), await screenshot(page));
} finally {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true });
}

async function filesIn(path: string): Promise<string[]> {
  const names = await readdir(path);
  return names.toSorted().map((name) => join(path, name));
}

async function limitSpeed(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 20,
    downloadThroughput: -1,
    uploadThroughput: UPLOAD_SPEED,
  });
}

async function untilStored(page: Page, files: number): Promise<void> {
  const counted = page.locator(".stored-count");
  while (Number(await counted.textContent()) < files) await page.waitForTimeout(50);
}

/** Playwright itself takes no WebP. */
async function screenshot(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", {
    format: "webp",
    quality: QUALITY,
  });
  return Buffer.from(data, "base64");
}
