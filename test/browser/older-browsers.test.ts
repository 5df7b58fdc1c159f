import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { allStored, drop } from "../support/page.ts";

const PICTURES = 4;

/** Chromium has these, and one of Chrome 111, Firefox 115 and Safari 16.4, the targets, has not. */
const NEWER = [
  "AbortSignal.any",
  "Promise.withResolvers",
  "Promise.try",
  "Array.fromAsync",
  "Object.groupBy",
  "Map.groupBy",
  "URL.canParse",
  "URL.parse",
  "String.prototype.isWellFormed",
  "String.prototype.toWellFormed",
  "Set.prototype.union",
  "Set.prototype.intersection",
  "Set.prototype.difference",
  "Set.prototype.isSubsetOf",
  "Iterator",
  "RegExp.escape",
  "ReadableStream.from",
  "ReadableStream.prototype.values",
  "Blob.prototype.bytes",
  "Response.prototype.bytes",
  "Element.prototype.checkVisibility",
  "Element.prototype.setHTMLUnsafe",
  "HTMLElement.prototype.showPopover",
  "HTMLDialogElement.prototype.requestClose",
  "Document.prototype.startViewTransition",
  "DataTransferItem.prototype.getAsFileSystemHandle",
  "Navigator.prototype.wakeLock",
  "Intl.DurationFormat",
  "scheduler",
  "requestIdleCallback",
  "cancelIdleCallback",
  "navigation",
  "showOpenFilePicker",
  "showDirectoryPicker",
];

/** Removes APIs from the page. Returns those that are still there. */
function remove(paths: readonly string[]): string[] {
  const ownerOf = (path: string): object => {
    let owner: object = globalThis;
    for (const name of path.split(".").slice(0, -1)) {
      const next: unknown = Reflect.get(owner, name);
      if (next instanceof Object) owner = next;
    }
    return owner;
  };
  return paths.filter((path) => {
    const name = path.split(".").at(-1) ?? "";
    return !Reflect.deleteProperty(ownerOf(path), name) || name in ownerOf(path);
  });
}

/** Opens the page without the newer APIs, and with styles in which `light-dark()` means nothing. */
async function openOlder(page: Page, url: string): Promise<string[]> {
  await page.addInitScript(remove, NEWER);
  const styles: string[] = [];
  await page.route("**/*.css", async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    if (body.includes("light-dark(")) styles.push(route.request().url());
    await route.fulfill({ response, body: body.replaceAll("light-dark(", "no-such-function(") });
  });
  await page.goto(url);
  return styles;
}

test("the page uploads without APIs that the lowest supported browsers lack", async ({
  page,
  folder,
  server,
}) => {
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  const pictures = join(folder, "pictures");
  await writeImages(pictures, PICTURES);
  const styles = await openOlder(page, server.origin);
  expect(await page.evaluate(remove, NEWER)).toEqual([]);
  expect(styles.length).toBeGreaterThan(0);
  await drop(page, [pictures]);
  await allStored(page, PICTURES);
  await page.locator(".contact-sheet canvas").waitFor();
  expect(errors).toEqual([]);
});

test("bars and strokes have their light colours without light-dark()", async ({ page, server }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(server.origin);
  const tones = await toneColours(page);
  await openOlder(page, server.origin);
  expect(await toneColours(page)).toEqual(tones);
  expect(new Set(tones).size).toBeGreaterThan(3);
});

/** Returns the colours of the custom properties on which the page's colours are based. */
function toneColours(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("i"));
    const names = ["--paper", "--ink", "--edge", "--rule", "--tone-todo", "--tone-failed"];
    return names.map((name) => {
      probe.style.color = "rebeccapurple";
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    });
  });
}
