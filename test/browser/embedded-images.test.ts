import type { Page } from "playwright-core";
import { expect } from "vitest";
import { TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { encodePng } from "../support/images.ts";

/** Three pixels wide and one high. */
const PNG = new Uint8Array(encodePng(3, 1, new Uint8Array(9)));

/** A test with the address of an uploaded picture, without a token. */
const test = browserTest.extend("picture", { scope: "file" }, async ({ server }) => {
  const batch = await TestBatch.create(server.origin, [
    { name: "a.png", size: PNG.length, type: "image/png" },
  ]);
  await batch.put(0, PNG);
  const { id, tokens } = batch.created;
  return { address: `${server.origin}/v1/batches/${id}/files/0/content`, token: tokens.read };
});

/** Returns the width of an image that a page shows; 0 if the browser does not show it. */
function shownWidth(page: Page, src: string): Promise<number> {
  return page.evaluate(async (address) => {
    const image = Object.assign(new Image(), { src: address });
    document.body.append(image);
    await image.decode().catch(() => undefined);
    return image.naturalWidth;
  }, src);
}

test("a page of another origin shows an uploaded image, with a token in its address", async ({
  page,
  host,
  picture,
}) => {
  const app = "<!doctype html><title>App</title><body>";
  await page.goto(host.serve("/app.html", app));
  const { address, token } = picture;
  expect(await shownWidth(page, `${address}?token=${token}`)).toBe(3);
  expect(await shownWidth(page, address)).toBe(0);
});
