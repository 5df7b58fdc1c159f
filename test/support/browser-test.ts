import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { launchBrowser } from "./browser.ts";
import { openHost } from "./host.ts";
import { type ServerOptions, startServer } from "./server.ts";

const EACH_FILE = { scope: "file" } as const;

/**
 * A test in a real browser. It takes what it names of these, and all of it is gone afterwards: what
 * is slow to start serves a whole file of tests, and each test has a browser's profile of its own.
 */
export const test = base
  /** Empty, for what is dropped and picked. */
  .extend("folder", EACH_FILE, async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), "tallyman-files-"));
    onCleanup(() => rm(folder, { recursive: true, force: true }));
    return folder;
  })
  .extend("operator", EACH_FILE, (): ServerOptions => ({}))
  .extend("server", EACH_FILE, async ({ operator }, { onCleanup }) => {
    const server = await startServer(operator);
    onCleanup(() => server.stop());
    return server;
  })
  /** Somebody else's site. */
  .extend("host", EACH_FILE, async ({}, { onCleanup }) => {
    const host = await openHost();
    onCleanup(() => host.stop());
    return host;
  })
  .extend("browser", EACH_FILE, async ({}, { onCleanup }) => {
    const browser = await launchBrowser();
    onCleanup(() => browser.close());
    return browser;
  })
  .extend("context", async ({ browser }, { onCleanup }) => {
    const context = await browser.newContext({
      permissions: ["clipboard-read", "clipboard-write"],
    });
    onCleanup(() => context.close());
    return context;
  })
  /** Blank. */
  .extend("page", ({ context }) => context.newPage());
