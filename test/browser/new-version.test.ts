import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { allStored, button, drop } from "../support/page.ts";

const SCRIPT = /\/assets\/batch-view-[\w-]+\.js$/u;
const TEXT = "This page was updated. Reload to continue.";
const LATER = '<!doctype html><script type="module" src="/assets/index-later.js"></script>';

const REFUSED = {
  status: 401,
  headers: { "tallyman-version": "1.0.0" },
  contentType: "application/problem+json",
  body: JSON.stringify({ code: "unauthorized", detail: "There is no grant." }),
};

/** Plays a deployment that has replaced the page and removed a script. Navigations get the old page. */
async function deploy(page: Page, origin: string): Promise<() => number> {
  let navigations = 0;
  page.on("framenavigated", () => void navigations++);
  await page.route(SCRIPT, (route) => route.fulfill({ status: 404, json: { code: "not_found" } }));
  await page.route(`${origin}/`, (route) =>
    route.request().isNavigationRequest()
      ? route.continue()
      : route.fulfill({ contentType: "text/html", body: LATER }),
  );
  return () => navigations;
}

/** Holds the script. Returns a function that plays the deployment then, and counts navigations from there on. */
async function holdScript(page: Page, origin: string): Promise<() => Promise<() => number>> {
  const held = Promise.withResolvers<void>();
  await page.route(SCRIPT, async (route) => {
    await held.promise;
    await route.fulfill({ status: 404, body: "" });
  });
  return async () => {
    await page.route(`${origin}/`, (route) =>
      route.fulfill({ contentType: "text/html", body: LATER }),
    );
    let navigations = 0;
    page.on("framenavigated", () => void navigations++);
    held.resolve();
    return () => navigations;
  };
}

describe("a page whose script a deployment has removed", () => {
  test.beforeAll(({ folder }) => writeFile(join(folder, "a.txt"), "abc"));

  test("reloads once if nothing is being sent, and then offers to", async ({ page, server }) => {
    const navigations = await deploy(page, server.origin);
    await page.goto(server.origin);
    await page.getByText(TEXT).waitFor();
    expect(navigations()).toBe(2);
    await page.unroute(SCRIPT);
    await button(page, "Reload").click();
    await page.getByText(TEXT).waitFor({ state: "hidden" });
    await button(page, "Choose files").waitFor();
  });

  test("only offers to if the browser has no storage", async ({ page, server }) => {
    await page.addInitScript(() => {
      Object.defineProperty(window, "sessionStorage", {
        get() {
          throw new DOMException("Denied", "SecurityError");
        },
      });
    });
    const navigations = await deploy(page, server.origin);
    await page.goto(server.origin);
    await page.getByText(TEXT).waitFor();
    expect(navigations()).toBe(1);
  });

  test("continues to send files, and reloads only once they are stored", async ({
    page,
    server,
    folder,
  }) => {
    const deployLater = await holdScript(page, server.origin);
    const paused = Promise.withResolvers<void>();
    await page.route(/\/files\/\d+$/u, async (route) => {
      await paused.promise;
      await route.continue();
    });
    await page.goto(server.origin);
    const sending = page.waitForRequest(/\/files\/\d+$/u);
    await drop(page, [join(folder, "a.txt")]);
    await sending;
    const navigations = await deployLater();
    await page.getByText(TEXT).waitFor();
    const stored = page.waitForResponse((response) => /\/files\/\d+$/u.test(response.url()));
    paused.resolve();
    expect((await stored).ok()).toBe(true);
    await expect.poll(navigations).toBe(1);
  });

  test("does not reload while files wait for a permission", async ({ page, server, folder }) => {
    const deployLater = await holdScript(page, server.origin);
    await page.route(/\/v1\/batches$/u, (route) =>
      route.request().method() === "POST" ? route.fulfill(REFUSED) : route.continue(),
    );
    await page.goto(server.origin);
    const refused = page.waitForResponse((response) => response.status() === 401);
    await drop(page, [join(folder, "a.txt")]);
    await refused;
    const navigations = await deployLater();
    await page.getByText(TEXT).waitFor();
    // Some looks at whether it may reload.
    await page.waitForTimeout(3000);
    expect(navigations()).toBe(0);
  });
});

test("a script that fails with the network asks for no reload", async ({
  page,
  server,
  folder,
}) => {
  await writeFile(join(folder, "a.txt"), "abc");
  await page.route(SCRIPT, (route) => route.abort());
  const checked = page.waitForResponse(
    (response) =>
      response.url() === `${server.origin}/` && !response.request().isNavigationRequest(),
  );
  await page.goto(server.origin);
  await (await checked).finished();
  await drop(page, [join(folder, "a.txt")]);
  await page.getByText("Part of this page couldn't be loaded.").waitFor();
  expect(await page.getByText(TEXT).count()).toBe(0);
  await page.unroute(SCRIPT);
  await button(page, "Retry").click();
  await allStored(page, 1);
});
