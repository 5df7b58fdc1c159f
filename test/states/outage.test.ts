import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { challenge, errorPage } from "../support/middleboxes/error-page.ts";
import type { Middlebox } from "../support/middleboxes/exchange.ts";
import { HttpProxy } from "../support/middleboxes/http-proxy.ts";
import { resetAll } from "../support/middleboxes/portal.ts";
import { allStored, button, choose, drop, holdUploads } from "../support/page.ts";

const PICTURES = 6;

const test = browserTest
  .extend("pictures", { scope: "file" }, async ({ folder }) => {
    await writeImages(join(folder, "pictures"), PICTURES);
    return join(folder, "pictures");
  })
  /** A proxy in front of the server. */
  .extend("proxy", async ({ server }, { onCleanup }) => {
    const proxy = await HttpProxy.listen(server.origin);
    onCleanup(() => proxy.close());
    return proxy;
  })
  .extend("page", async ({ context, proxy }) => {
    const page = await context.newPage();
    await page.goto(proxy.origin);
    return page;
  });

/** Lets the proxy respond to the API in place of the server. */
function interruptApi(proxy: HttpProxy, middlebox: Middlebox): void {
  proxy.middlebox = (exchange) =>
    exchange.path.startsWith("/v1/") ? middlebox(exchange) : exchange.pass();
}

function restore(proxy: HttpProxy): void {
  proxy.middlebox = (exchange) => exchange.pass();
}

function connection(page: Page): Locator {
  return page.locator(".connection");
}

describe("while the server can't be reached", () => {
  test.for([
    ["network", resetAll, /Offline since \d+:\d+.*\. Uploads resume automatically\./u],
    ["foreign", errorPage(403), /Something between this browser and the server/u],
    ["foreign", errorPage(200), /Something between this browser and the server/u],
  ] as const)(
    "the page says why, and continues by itself: %s",
    async ([, middlebox, text], { page, pictures, proxy }) => {
      interruptApi(proxy, middlebox);
      await drop(page, [pictures]);
      await connection(page).getByText(text).waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);
      restore(proxy);
      await allStored(page, PICTURES);
      await expect.poll(() => connection(page).innerText()).toBe("");
    },
  );

  test("nothing is said to resume once the batch is being cancelled", async ({
    page,
    pictures,
    proxy,
  }) => {
    await holdUploads(page);
    await drop(page, [pictures]);
    await connection(page).getByText("Live").waitFor();
    interruptApi(proxy, resetAll);
    page.on("dialog", (dialog) => void dialog.accept());
    await choose(page, "More controls", "Cancel batch");
    await connection(page)
      .getByText(/^Offline since \d+:\d+[^.]*\.$/u)
      .waitFor();
    restore(proxy);
    await page.getByText("This batch was cancelled.").first().waitFor();
  });

  test("a batch that doesn't exist yet is cancelled at once, and a drop starts another", async ({
    page,
    pictures,
    proxy,
  }) => {
    interruptApi(proxy, resetAll);
    await drop(page, [pictures]);
    await connection(page).getByText("Offline since").waitFor();
    page.on("dialog", (dialog) => void dialog.accept());
    await choose(page, "More controls", "Cancel batch");
    await page.getByText("This batch was cancelled.").first().waitFor();
    await button(page, "Start another batch").waitFor();
    for (const name of ["Pause", "More controls", "Add more"])
      await expect.poll(() => button(page, name).count()).toBe(0);
    // Each row shows in its own time what it hasn't shown yet.
    await page.getByRole("row").filter({ hasText: "Cancelled" }).first().waitFor();
    await expect.poll(() => page.getByRole("row").filter({ hasText: "Waiting" }).count()).toBe(0);
    await expect.poll(() => connection(page).innerText()).toBe("");
    await expect.poll(() => page.title()).toContain("Cancelled");

    restore(proxy);
    await drop(page, [pictures]);
    await allStored(page, PICTURES);
  });

  test("the page asks to be reloaded if a person has to pass a check", async ({
    page,
    pictures,
    proxy,
  }) => {
    interruptApi(proxy, challenge);
    await drop(page, [pictures]);
    await connection(page).getByText("The network wants to check this browser.").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    const reloaded = page.waitForEvent("load");
    page.on("dialog", (dialog) => void dialog.accept());
    await button(page, "Reload this page").click();
    await reloaded;
  });
});
