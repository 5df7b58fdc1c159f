import { type Browser, chromium } from "playwright-core";
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
  const executablePath = findChromium();
  if (!executablePath) throw new Error("Chromium is missing: run `node setup.mjs browser`.");
  // --no-sandbox: Chromium refuses to run as root with it, and the tests load only their own page.
  return chromium.launch({ executablePath, args: [...QUIET, "--no-sandbox"] });
}
