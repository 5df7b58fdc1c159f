import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { build } from "vite";
import { describe, expect } from "vitest";
import { freePort } from "../../client/testing/free-port.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { allStored, button, drop, holdUploads } from "../support/page.ts";
import { ROOT } from "../support/process-group.ts";
import { type Server, startServer } from "../support/server.ts";

/** Folder of the files that are deployed. */
const DEPLOYED = join(ROOT, "node_modules/.cache/tallyman/deploy");
const BUILT = join(ROOT, "site/dist");
const PICTURES = 4;
const TEXT = "This page was updated. Reload to continue.";

/** Makes the files of a deployment, and returns a copy of their folder. */
async function deployment(folder: string, ...args: string[]): Promise<string> {
  const parameters = ["deploy.ts", "--dry-run", ...args];
  const { status, stdout } = spawnSync(process.execPath, parameters, {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([0, expect.stringContaining(`directory ${DEPLOYED}`)]);
  await cp(DEPLOYED, folder, { recursive: true });
  return folder;
}

/** A server with a page whose scripts have other names than those of today's build. */
interface Site {
  server: Server;
  /** Deploys today's build. Batches and their tokens stay. */
  deploy: (...args: string[]) => Promise<string>;
  /** Names of the scripts and styles that only the first build has. */
  earlier: string[];
}

const test = browserTest
  .extend("pictures", { scope: "file" }, async ({ folder }) => {
    await writeImages(join(folder, "pictures"), PICTURES);
    return join(folder, "pictures");
  })
  .extend("earlierBuild", { scope: "file" }, async ({}, { onCleanup }) => {
    const outDir = await temporaryFolder();
    onCleanup(() => rm(outDir, { recursive: true, force: true }));
    // Not minified, its files have other names than those of today's build.
    const options = { outDir, minify: false, emptyOutDir: true } as const;
    await build({ root: join(ROOT, "site"), logLevel: "warn", build: options });
    return outDir;
  })
  .extend("site", async ({ earlierBuild }, { onCleanup }): Promise<Site> => {
    const folder = await temporaryFolder();
    const state = join(folder, "state");
    await mkdir(state);
    const first = join(folder, "first");
    await deployment(first, "--without-earlier", "--assets", earlierBuild);
    const port = await freePort();
    const site = await startServer({ port, state, changes: assets(first) });
    const { secret, grantSecret } = site;
    const current = { server: site };
    onCleanup(async () => {
      await current.server.stop();
      await rm(folder, { recursive: true, force: true });
    });
    const deploy = async (...args: string[]): Promise<string> => {
      const second = await deployment(join(folder, "second"), `--site=${site.origin}`, ...args);
      await current.server.stop();
      current.server = await startServer({
        port,
        state,
        secret,
        grantSecret,
        changes: assets(second),
      });
      return second;
    };
    const newest = await scriptsOf(BUILT);
    const earlier = (await scriptsOf(earlierBuild)).filter((name) => !newest.includes(name));
    return { server: site, deploy, earlier };
  });

function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tallyman-deploy-"));
}

/** The change of the configuration that serves a folder as static files. */
const assets = (folder: string) => ({ [JSON.stringify(BUILT)]: JSON.stringify(folder) });

/** Returns the names of scripts and styles of the page. */
const scriptsOf = (folder: string) => readdir(join(folder, "assets"));

/** Returns a list of the scripts that the page loads from now on, and a function that counts its loads. */
function record(page: Page) {
  const loaded: string[] = [];
  let loads = 0;
  page.on("response", (response) => {
    if (response.ok()) loaded.push(new URL(response.url()).pathname.slice("/assets/".length));
  });
  // A new address of the same document is no load.
  page.on("request", (request) => {
    if (request.isNavigationRequest()) loads += 1;
  });
  return { loaded, loads: () => loads };
}

/** Opens the page, and waits until it has loaded what it loads without a batch. */
async function open(page: Page, { server }: Site): Promise<void> {
  await page.goto(server.origin);
  await button(page, "Choose files").waitFor();
  await page.waitForLoadState("networkidle");
}

/** Opens the first picture of the list. Its code is loaded on demand. */
async function view(page: Page): Promise<void> {
  await page.locator("[role=grid]").scrollIntoViewIfNeeded();
  await page.locator(".row .action button").first().click();
}

const script = (name: string): unknown =>
  expect.stringMatching(new RegExp(`^${name}-[\\w-]+\\.js$`, "u"));

describe("a page that was opened before a deployment", () => {
  test("loads the scripts of its own build", async ({ page, pictures, site }) => {
    await open(page, site);
    const second = await site.deploy();
    const { loaded, loads } = record(page);
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
    await view(page);
    await page.getByRole("dialog").locator("img").waitFor();
    const kept = loaded.filter((name) => site.earlier.includes(name));
    expect(kept).toEqual(expect.arrayContaining([script("lightbox")]));
    expect(loads()).toBe(0);
    const files = await scriptsOf(second);
    expect(files).toEqual(expect.arrayContaining([...site.earlier, ...(await scriptsOf(BUILT))]));
  });

  test("is reloaded when it misses one and sends nothing, and shows the same batch", async ({
    page,
    pictures,
    site,
  }) => {
    await open(page, site);
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
    await page.waitForURL(/\/b\//u);
    await page.waitForLoadState("networkidle");
    await site.deploy("--without-earlier");
    const newest = await scriptsOf(BUILT);
    const { loaded } = record(page);
    await view(page);
    await expect.poll(() => loaded.some((name) => newest.includes(name))).toBe(true);
    await allStored(page, PICTURES);
    expect(await page.getByText(TEXT).count()).toBe(0);
    await view(page);
    await page.getByRole("dialog").locator("img").waitFor();
  });

  test("says so when it misses one while it sends, and is reloaded once all is sent", async ({
    page,
    pictures,
    site,
  }) => {
    await open(page, site);
    await site.deploy("--without-earlier");
    const release = await holdUploads(page);
    const { loads } = record(page);
    await drop(page, [pictures]);
    await page.getByText(TEXT).waitFor();
    await page.getByRole("heading", { name: `0 of ${PICTURES} files stored` }).waitFor();
    expect(await page.getByRole("heading", { level: 1 }).isVisible()).toBe(true);
    expect(loads()).toBe(0);
    release();
    await expect.poll(loads).toBe(1);
    await allStored(page, PICTURES);
    expect(await page.getByText(TEXT).count()).toBe(0);
    expect(loads()).toBe(1);
  });
});
