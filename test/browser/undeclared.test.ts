import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { allStored, button, drop, failures, holdUploads } from "../support/page.ts";

const FILES = 30;
const DECLARE = /\/v1\/batches\/[^/]+\/files$/u;

/** A test with a file, and a folder of others. */
const test = browserTest.extend("paths", { scope: "file" }, async ({ folder }) => {
  const [first, others] = [join(folder, "first.txt"), join(folder, "others")];
  await mkdir(others);
  await writeFile(first, "first");
  for (let n = 0; n < FILES; n++) await writeFile(join(others, `${n}.txt`), `file ${n}`);
  return { first, others };
});

/** Refuses further files of a batch, until the returned function is called. */
async function useUpQuota(page: Page): Promise<() => Promise<void>> {
  const headers = {
    "Tallyman-Version": "test",
    "Retry-After": "86400",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Tallyman-Version, Retry-After",
  };
  const body = JSON.stringify({ code: "quota_exceeded", detail: "" });
  const contentType = "application/problem+json";
  await page.route(DECLARE, (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 429, headers, contentType, body })
      : route.continue(),
  );
  return () => page.unroute(DECLARE);
}

/** Drops a file and, while it is sent, a folder that the server doesn't accept. */
async function dropRefused(page: Page, { first, others }: { first: string; others: string }) {
  const release = await holdUploads(page);
  await drop(page, [first]);
  await button(page, "Pause").waitFor();
  await page.getByRole("heading", { name: "0 of 1 file stored" }).waitFor();
  const accept = await useUpQuota(page);
  await drop(page, [others]);
  await failures(page).getByText(`${FILES} files failed.`).waitFor();
  release();
  return accept;
}

describe("files that the server doesn't accept", () => {
  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("count as failed, keep the batch open, and are retried by a button", async ({
    page,
    paths,
  }) => {
    const seals: string[] = [];
    page.on("request", (request) => request.method() === "PATCH" && seals.push(request.url()));
    const accept = await dropRefused(page, paths);
    await page.getByRole("heading", { name: `1 of ${FILES + 1} files stored` }).waitFor();
    await failures(page).getByText("Your upload quota is used up.").waitFor();
    await button(page, "Finish without them").waitFor();
    await expect.poll(() => page.title()).toMatch(new RegExp(`^[^✓]*${FILES} `, "u"));
    expect(seals).toEqual([]);
    await button(page, "Show them").click();
    await expect.poll(() => page.locator(".row[data-state=failed]").count()).toBeGreaterThan(5);
    expect(await page.locator(".row .end button").count()).toBe(0);
    expect(await flawsOf(page)).toEqual([]);

    await accept();
    await button(page, `Retry ${FILES}`).click();
    await allStored(page, FILES + 1);
  });

  test("are retried when they are dropped again, and listed once", async ({ page, paths }) => {
    const accept = await dropRefused(page, paths);
    await accept();
    await drop(page, [paths.others]);
    await allStored(page, FILES + 1);
  });

  test("are given up by the button that ends the batch without them", async ({ page, paths }) => {
    await dropRefused(page, paths);
    await button(page, "Finish without them").click();
    await allStored(page, 1);
  });

  test("count as failed in an element as well, whose app retries them", async ({
    page,
    paths,
    server,
    host,
  }) => {
    const tag = `<script type="module" src="${server.origin}/embed.js"></script>
      <tallyman-uploader endpoint="${server.origin}"></tallyman-uploader>`;
    await page.goto(
      host.serve("/page.html", `<!doctype html><html lang="en"><title>App</title>${tag}`),
    );
    const uploader = page.locator("tallyman-uploader");
    await uploader.getByText("Drop").first().waitFor();
    const { x = 0, y = 0 } = (await uploader.boundingBox()) ?? {};
    const at = { x: x + 50, y: y + 50 };
    const release = await holdUploads(page);
    await drop(page, [paths.first], at);
    await uploader.getByText("of 1 file stored").waitFor();
    const accept = await useUpQuota(page);
    await drop(page, [paths.others], at);
    await uploader.getByText(`${FILES} files failed.`).waitFor();
    release();
    await button(page, "Finish without them").waitFor();
    await accept();
    await page.evaluate("document.querySelector('tallyman-uploader').retry()");
    await uploader.getByText("are safe.").waitFor();
    const figure = uploader.locator(".hero-figure").first();
    await expect.poll(() => figure.innerText()).toBe(`${FILES + 1}`);
  });
});
