import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, onTestFinished } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { test } from "../support/browser-test.ts";
import { drag, type DragData, drop } from "../support/page.ts";
import { nextUpload } from "../support/uploaded.ts";

/** Enough that the page does not look at each item during the event. */
const MANY = 60;

describe("a drop", () => {
  test.beforeAll(async ({ folder }) => {
    // Names say nothing: a folder may look like a picture, and a file like a folder.
    for (const place of ["few", "many", "other"]) {
      await mkdir(join(folder, place, "photo.jpg/deep"), { recursive: true });
      await writeFile(join(folder, place, "photo.jpg/deep/inside.txt"), place);
      await writeFile(join(folder, place, "folder"), "x".repeat(4096));
    }
    for (let number = 0; number < MANY; number++) {
      await writeFile(join(folder, "many", `file-${number}`), "");
    }
  });

  test("takes files and folders by what they are, not by their names", async ({
    page,
    server,
    folder,
  }) => {
    await page.goto(server.origin);
    const uploaded = nextUpload(page, server.origin);
    await drop(page, [join(folder, "few/photo.jpg"), join(folder, "few/folder")]);
    expect(await uploaded()).toEqual(["folder", "photo.jpg/deep/inside.txt"]);
  });

  test("of many files takes the folders among them, also those with the same name", async ({
    page,
    server,
    folder,
  }) => {
    await page.goto(server.origin);
    const uploaded = nextUpload(page, server.origin);
    const files = Array.from({ length: MANY }, (_, number) => `file-${number}`);
    await drop(page, [
      ...[...files, "photo.jpg", "folder"].map((name) => join(folder, "many", name)),
      ...["photo.jpg", "folder"].map((name) => join(folder, "other", name)),
    ]);
    expect(await uploaded()).toEqual(
      [
        ...files,
        "photo.jpg/deep/inside.txt",
        "photo (1).jpg/deep/inside.txt",
        "folder",
        "folder (1)",
      ].toSorted(),
    );
  });

  test("names what it leaves out", async ({ page, server, folder }) => {
    const odd = join(folder, "odd");
    for (const name of ["a", "b/c", "b/d", "e"]) await mkdir(join(odd, name), { recursive: true });
    await writeFile(join(odd, "x.txt"), "x");
    // As in an archive of an old system, whose names are no UTF-8.
    const old = Buffer.concat([Buffer.from(join(odd, "M")), Buffer.of(0xfc), Buffer.from("ller")]);
    await writeFile(old, "x");
    await page.goto(server.origin);
    const uploaded = nextUpload(page, server.origin);
    await drop(page, [odd]);
    expect(await uploaded()).toEqual(["odd/x.txt"]);
    const notes = page.locator(".notes");
    // The order is that of the disk.
    await notes
      .getByText(/^4 folders are empty, so they aren't uploaded: odd.*, and 1 more/u)
      .waitFor();
    await notes.getByText("1 item in odd has a name that this browser can't").waitFor();
    await notes.getByText("Show all").click();
    const all = await notes.getByLabel("All names").inputValue();
    expect(all.split("\n").toSorted()).toEqual(["odd/a", "odd/b/c", "odd/b/d", "odd/e"]);
    await notes.getByRole("button", { name: "OK" }).click();
    await expect.poll(() => notes.innerText()).toBe("");
  });

  test("of an empty folder has one note, which names it", async ({ page, server, folder }) => {
    await mkdir(join(folder, "nothing"));
    await page.goto(server.origin);
    await drop(page, [join(folder, "nothing")]);
    const notes = page.locator(".notes");
    await notes.getByText("1 folder is empty, so it isn't uploaded: nothing").waitFor();
    expect(await notes.locator(".note").count()).toBe(1);
  });

  test("over plain HTTP is uploaded", async ({ server, folder }) => {
    const browser = await launchBrowser(["--host-resolver-rules=MAP nas.test 127.0.0.1"]);
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const errors = errorsOf(page);
    await page.goto(server.origin.replace("127.0.0.1", "nas.test"));
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    const uploaded = nextUpload(page, server.origin);
    await drop(page, [join(folder, "few/photo.jpg"), join(folder, "few/folder")]);
    expect(await uploaded()).toEqual(["folder", "photo.jpg/deep/inside.txt"]);
    expect(errors).toEqual([]);
  });

  test("in the first moment of the page is uploaded", async ({ page, server }) => {
    await page.addInitScript(() => {
      const shown = new MutationObserver(() => {
        if (document.querySelector("main") === null) return;
        shown.disconnect();
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["a"], "a.txt"));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
      });
      shown.observe(document, { childList: true, subtree: true });
    });
    const uploaded = nextUpload(page, server.origin);
    await page.goto(server.origin);
    expect(await uploaded()).toEqual(["a.txt"]);
  });

  test("made by a script is uploaded", async ({ page, server }) => {
    const errors = errorsOf(page);
    await page.goto(server.origin);
    const uploaded = nextUpload(page, server.origin);
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["a"], "a.txt"));
      dataTransfer.items.add(new File(["b"], "b"));
      const options = { dataTransfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent("drop", options));
    });
    expect(await uploaded()).toEqual(["a.txt", "b"]);
    expect(errors).toEqual([]);
  });
});

describe("a drag", () => {
  const COPY = 1;
  const LINK = 2;
  const MOVE = 16;

  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
    await page.evaluate(() => {
      addEventListener("dragover", ({ defaultPrevented, dataTransfer }) => {
        Object.assign(globalThis, { answer: [defaultPrevented, dataTransfer?.dropEffect] });
      });
    });
  });

  /** The page may still be starting, and not listen yet. */
  async function answerTo(page: Page, data: DragData): Promise<[boolean, string]> {
    await drag(page, ["dragEnter", "dragOver"], data);
    return page.evaluate("globalThis.answer");
  }

  test.for([COPY, COPY + MOVE, COPY + LINK + MOVE])(
    "of files is a copy if its source allows %i",
    async (dragOperationsMask, { page, folder }) => {
      const files = [join(folder, "mail.msg")];
      const data = { items: [], files, dragOperationsMask };
      await expect.poll(() => answerTo(page, data)).toEqual([true, "copy"]);
    },
  );

  test.for(["text/plain", "text/uri-list"])("of %s is refused", async (mimeType, { page }) => {
    const items = [{ mimeType, data: "https://example.com/" }];
    const data = { items, files: [], dragOperationsMask: COPY + LINK };
    await expect.poll(() => answerTo(page, data)).toEqual([true, "none"]);
    expect(await page.locator(".drop-overlay").count()).toBe(0);
  });
});

function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => void errors.push(message));
  return errors;
}
