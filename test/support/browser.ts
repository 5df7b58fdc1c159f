import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { findChromium } from "./chromium.mjs";

// Chromium's own traffic and work would disturb tests that measure the page.
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

/** Limit of one action, instead of Playwright's 30 s: it only ends a test that hangs. */
const TIMEOUT_MS = 120_000;

/** Starts a headless Chromium. Throws if there is none: `node setup.mjs browser` installs it. */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch(options(args));
  browser.on("context", (context) => context.setDefaultTimeout(TIMEOUT_MS));
  return browser;
}

/** Starts the same with a profile in that folder, which remains when the browser ends. */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(folder, options());
  context.setDefaultTimeout(TIMEOUT_MS);
  return context;
}

function options(args: readonly string[] = []) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("Chromium is missing: run `node setup.mjs browser`.");
  // --no-sandbox: with its sandbox, Chromium refuses to run as root. Tests load no other site.
  return { executablePath, args: [...QUIET, "--no-sandbox", ...args], timeout: TIMEOUT_MS };
}
