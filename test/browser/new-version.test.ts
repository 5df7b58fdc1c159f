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

/** Returns a function that counts from now on how often the page is loaded. */
function countLoads(page: Page): () => number {
  let loads = 0;
  // Not by `framenavigated`, which also reports, late, that the page has replaced its address.
  page.on("request", (request) => void (request.isNavigationRequest() && loads++));
  return () => loads;
}

/** Plays a deployment that has replaced the page and removed a script. Navigations get the old page. */
async function deploy(page: Page, origin: string): Promise<() => number> {
  const loads = countLoads(page);
  await page.route(SCRIPT, (route) => route.fulfill({ status: 404, json: { code: "not_found" } }));
  await page.route(`${origin}/`, (route) =>
    route.request().isNavigationRequest()
      ? route.continue()
      : route.fulfill({ contentType: "text/html", body: LATER }),
  );
  return loads;
}

/** Holds the script. Returns a function that plays the deployment then, and counts loads from there on. */
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
    const loads = countLoads(page);
    held.resolve();
    return loads;
  };
}

describe("a page whose script a deployment has removed", () => {
  test.beforeAll(({ folder }) => writeFile(join(folder, "a.txt"), "abc"));

  test("reloads once if nothing is being sent, and then offers to", async ({ page, server }) => {
    const loads = await deploy(page, server.origin);
    await page.goto(server.origin);
    await page.getByText(TEXT).waitFor();
    expect(loads()).toBe(2);
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
    const loads = await deploy(page, server.origin);
    await page.goto(server.origin);
    await page.getByText(TEXT).waitFor();
    expect(loads()).toBe(1);
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
    const loads = await deployLater();
    await page.getByText(TEXT).waitFor();
    const stored = page.waitForResponse((response) => /\/files\/\d+$/u.test(response.url()));
    paused.resolve();
    expect((await stored).ok()).toBe(true);
    await expect.poll(loads).toBe(1);
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
    const loads = await deployLater();
    await page.getByText(TEXT).waitFor();
    // Some looks at whether it may reload.
    await page.waitForTimeout(3000);
    expect(loads()).toBe(0);
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
