import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { findChromium } from "./chromium.mjs";

// Nothing but the page itself may use the network or the processor while a test measures.
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

/** Starts a headless Chromium. Throws where there is none: `node setup.mjs browser` gets one. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch(options());
}

/** The same with a person's profile, of that folder, which outlives it. */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, options());
}

function options() {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("Chromium is missing: run `node setup.mjs browser`.");
  // --no-sandbox: Chromium refuses to run as root with it, and the tests load only their own page.
  return { executablePath, args: [...QUIET, "--no-sandbox"] };
}
