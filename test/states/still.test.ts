import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { allowUploads, button, createdLink, drop, holdUploads } from "../support/page.ts";

const PICTURES = 60;

const test = browserTest.extend("pictures", { scope: "file" }, async ({ folder }) => {
  await writeImages(join(folder, "pictures"), PICTURES);
  return join(folder, "pictures");
});

/** The icon's markup without its colours. */
async function iconShape(page: Page): Promise<string> {
  const href = await page.locator("link[rel=icon]").getAttribute("href");
  return decodeURIComponent(href ?? "").replaceAll(/#\w+/gu, "");
}

describe("while nothing moves", () => {
  test("a viewer is told that the sender may be offline", async ({
    page,
    context,
    server,
    pictures,
  }) => {
    await page.goto(server.origin);
    await allowUploads(page, 1);
    const link = createdLink(page);
    await drop(page, [pictures]);
    const viewer = await context.newPage();
    await viewer.goto(await link);
    await viewer.locator(".stored-count", { hasText: /^[1-9]/u }).waitFor();
    await page.close({ runBeforeUnload: false });

    const line = viewer.locator(".masthead .connection");
    await line.getByText(/^Nothing has arrived for \d+ sec\. The sender may be offline/u).waitFor();
    await expect.poll(() => viewer.title()).toContain("Offline");
    await viewer.locator(".now").waitFor({ state: "detached" });
    const late = await context.newPage();
    await late.goto(await link);
    await late.locator(".connection").getByText("The sender may be offline").waitFor();
  });

  test("a viewer is told so even if all known files are stored, as more may come", async ({
    page,
    server,
  }) => {
    const batch = await TestBatch.create(server.origin, [{ name: "a.txt", size: 1 }]);
    await batch.put(0, "a");
    const { id, tokens } = batch.created;
    await page.goto(`${server.origin}/b/${id}#token=${tokens.read}`);
    await page.getByRole("heading", { name: "1 of 1 file stored" }).waitFor();
    await page
      .locator(".connection")
      .getByText(/^Nothing has arrived for /u)
      .waitFor();
    await expect.poll(() => page.title()).toBe("Offline at 100% · Tallyman");
    await batch.seal();
    await page.getByRole("heading", { name: "1 file is safe." }).waitFor();
    await expect.poll(() => page.title()).toBe("✓ 1 file · Tallyman");
    await expect.poll(() => page.locator(".connection").innerText()).toBe("");
  });

  test("the sender is told that the server isn't responding", async ({
    page,
    server,
    pictures,
  }) => {
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    const line = page.locator(".masthead .connection");
    await line.getByText("The server isn't responding. Retrying.").waitFor();
    const shape = await iconShape(page);

    await button(page, "Pause").click();
    await line.getByText("Paused", { exact: true }).waitFor();
    await expect.poll(() => page.title()).toContain("Paused at 0%");
    await expect.poll(() => iconShape(page)).not.toBe(shape);
    release();
  });
});
