import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { allStored, button, drop } from "../support/page.ts";

const SCRIPT = /\/assets\/batch-view-[\w-]+\.js$/u;
const UPLOAD = /\/files\/\d+$/u;

/** The script that shows a batch loads after the page's first ones, and may be missing. */
describe("the code that shows a batch", () => {
  test.beforeAll(({ folder }) => writeFile(join(folder, "a.txt"), "abc"));

  test("files that are dropped before it has loaded are uploaded, and shown afterwards", async ({
    page,
    server,
    folder,
  }) => {
    const held = Promise.withResolvers<void>();
    await page.route(SCRIPT, async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.goto(server.origin);
    const stored = page.waitForResponse((response) => UPLOAD.test(response.url()));
    await drop(page, [join(folder, "a.txt")]);
    expect((await stored).ok()).toBe(true);
    await page.getByText("Preparing the upload…").first().waitFor();
    held.resolve();
    await allStored(page, 1);
  });

  test("files that are dropped while it can't be loaded are uploaded, and shown after a retry", async ({
    page,
    server,
    folder,
  }) => {
    await page.route(SCRIPT, (route) => route.abort());
    await page.goto(server.origin);
    const stored = page.waitForResponse((response) => UPLOAD.test(response.url()));
    await drop(page, [join(folder, "a.txt")]);
    expect((await stored).ok()).toBe(true);
    await page.getByText("Part of this page couldn't be loaded.").waitFor();
    await page.unroute(SCRIPT);
    await button(page, "Retry").click();
    await allStored(page, 1);
  });
});
