import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { test as base } from "vitest";
import { launchBrowser } from "./browser.ts";
import { openHost } from "./host.ts";
import { type ServerOptions, startServer } from "./server.ts";

const EACH_FILE = { scope: "file" } as const;

/**
 * A test in a real browser, with these fixtures. Folder, servers and browser serve all tests of a file,
 * because they are slow to start. Each test has its own browser context.
 */
export const test = base
  /** An empty folder for the files to upload. */
  .extend("folder", EACH_FILE, async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), "tallyman-files-"));
    onCleanup(() => rm(folder, { recursive: true, force: true }));
    return folder;
  })
  /** Options of the server. */
  .extend("operator", EACH_FILE, (): ServerOptions => ({}))
  .extend("server", EACH_FILE, async ({ operator }, { onCleanup }) => {
    const server = await startServer(operator);
    onCleanup(() => server.stop());
    return server;
  })
  /** A site that embeds Tallyman. */
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
  /** Options of each browser context. */
  .extend("contextOptions", (): BrowserContextOptions => ({}))
  .extend("context", async ({ browser, contextOptions }, { onCleanup }) => {
    const context = await browser.newContext({
      permissions: ["clipboard-read", "clipboard-write"],
      ...contextOptions,
    });
    onCleanup(() => context.close());
    return context;
  })
  /** A blank page. */
  .extend("page", ({ context }) => context.newPage());
