import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { button, drop } from "../support/page.ts";
import { nextUpload } from "../support/uploaded.ts";

/** The page names a picture by the moment of the paste. */
const PASTED = /^Pasted image \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d(?: \(2\))?\.png$/u;

/** Enough that the page does not look at each item during the event. */
const MANY = 60;

interface Clipboard {
  html?: string;
  plain?: string;
  /** Names of files on disk. */
  files?: string[];
  /** Types of one picture that is in memory only. */
  pictures?: string[];
}

/** Pastes on the page, or in the element with this selector. Returns true if the page took the paste. */
async function paste(page: Page, clipboard: Clipboard, into = "body"): Promise<boolean> {
  return page.evaluate(
    ({ html, plain, files = [], pictures = [], selector }) => {
      const clipboardData = new DataTransfer();
      if (html !== undefined) clipboardData.setData("text/html", html);
      if (plain !== undefined) clipboardData.setData("text/plain", plain);
      for (const name of files) {
        clipboardData.items.add(new File(["x"], name, { lastModified: 1, type: "image/png" }));
      }
      for (const type of pictures) {
        clipboardData.items.add(new File([type], `image.${type.slice(6)}`, { type }));
      }
      const options = { clipboardData, bubbles: true, cancelable: true, composed: true };
      const event = new ClipboardEvent("paste", options);
      document.querySelector(selector)?.dispatchEvent(event);
      return event.defaultPrevented;
    },
    { ...clipboard, selector: into },
  );
}

/** Makes drops on the page pastes: a test can't put files and folders of the disk into the clipboard. */
async function pasteDrops(page: Page): Promise<void> {
  await page.evaluate(() => {
    const dispatchPaste = (event: DragEvent): void => {
      event.stopImmediatePropagation();
      event.preventDefault();
      const options = { clipboardData: event.dataTransfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new ClipboardEvent("paste", options));
    };
    addEventListener("drop", dispatchPaste, { capture: true });
  });
}

describe("a paste", () => {
  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
    await button(page, "Choose files").waitFor();
  });

  test("of a real copied picture is uploaded once, named by its moment", async ({
    page,
    server,
  }) => {
    const uploaded = nextUpload(page, server.origin);
    await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(1, 1);
      canvas.getContext("2d")?.fillRect(0, 0, 1, 1);
      const picture = await canvas.convertToBlob({ type: "image/png" });
      const html = new Blob(['<img src="https://example.com/a.png" alt="A picture">'], {
        type: "text/html",
      });
      await navigator.clipboard.write([
        new ClipboardItem({ "image/png": picture, "text/html": html }),
      ]);
    });
    await page.keyboard.press("Control+V");
    expect(await uploaded()).toEqual([expect.stringMatching(PASTED)]);
  });

  test("of a picture in several formats takes the first", async ({ page, server }) => {
    const uploaded = nextUpload(page, server.origin);
    const html = '<style>p { color: red }</style><img src="a.png" alt="A picture">';
    expect(await paste(page, { html, pictures: ["image/png", "image/jpeg"] })).toBe(true);
    expect(await uploaded()).toEqual([expect.stringMatching(PASTED)]);
  });

  test("of files from a file manager, which adds their names as text", async ({ page, server }) => {
    const uploaded = nextUpload(page, server.origin);
    const plain = "file:///home/ann/caf%C3%A9.png\r\nC:\\Users\\Ann\\b.png\n";
    expect(await paste(page, { plain, files: ["café.png", "b.png"] })).toBe(true);
    expect(await uploaded()).toEqual(["b.png", "café.png"]);
  });

  test.for([
    { html: "<table><tr><td>1</td></tr></table>", plain: "1", pictures: ["image/png"] },
    { html: "<p>A letter</p><img src=a.png>", pictures: ["image/png"] },
    { plain: "A letter", pictures: ["image/png"] },
    { plain: "A letter" },
  ])("of text with a picture beside it is no upload: %o", async (clipboard, { page }) => {
    expect(await paste(page, clipboard)).toBe(false);
    expect(await button(page, "Choose files").isVisible()).toBe(true);
  });

  test("of many files takes the folders among them", async ({ page, server, folder }) => {
    await pasteDrops(page);
    await mkdir(join(folder, "album.png"));
    await writeFile(join(folder, "album.png/inside.txt"), "x");
    const files = Array.from({ length: MANY }, (_, number) => `${number}.txt`);
    await Promise.all(files.map((name) => writeFile(join(folder, name), "x")));
    const uploaded = nextUpload(page, server.origin);
    await drop(
      page,
      [...files, "album.png"].map((name) => join(folder, name)),
    );
    expect(await uploaded()).toEqual([...files, "album.png/inside.txt"].toSorted());
  });

  test("in a text field stays text", async ({ page }) => {
    await page.evaluate(() => document.body.append(document.createElement("textarea")));
    const clipboard = { plain: "b.png", files: ["b.png"] };
    expect(await paste(page, clipboard, "textarea")).toBe(false);
    expect(await paste(page, clipboard)).toBe(true);
  });
});
