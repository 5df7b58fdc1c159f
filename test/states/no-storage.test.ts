import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import type { CreatedBatch } from "../../protocol/index.ts";
import { resumeLink, shareLink } from "../../site/share/links.ts";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { launchProfile } from "../support/browser.ts";
import { writeImages } from "../support/images.ts";
import { allStored, allowUploads, button, drop, holdUploads, pick } from "../support/page.ts";

const PICTURES = 24;
const NOTE = "This window saves nothing. Stay until the upload is done.";

/** Chromium's preferences of a person who blocks all cookies, and with them all storage. */
const BLOCKED = { profile: { default_content_setting_values: { cookies: 2 } } };

const test = browserTest
  .extend("pictures", { scope: "file" }, async ({ folder }) => {
    await writeImages(join(folder, "pictures"), PICTURES);
    return join(folder, "pictures");
  })
  /** More small files than one request sends, and the page saves at a time. */
  .extend("texts", { scope: "file" }, async ({ folder }) => {
    await mkdir(join(folder, "texts"));
    const paths = Array.from({ length: 200 }, (_, place) => join(folder, `texts/${place}.txt`));
    await Promise.all(paths.map((path) => writeFile(path, "text")));
    return join(folder, "texts");
  })
  /** Messages of errors that no code of the page has handled. */
  .extend("errors", (): string[] => [])
  /** A page of a browser that blocks all storage. */
  .extend("blocked", async ({ folder, errors }, { onCleanup }) => {
    const profile = await mkdtemp(join(folder, "profile-"));
    await mkdir(join(profile, "Default"));
    await writeFile(join(profile, "Default/Preferences"), JSON.stringify(BLOCKED));
    const context = await launchProfile(profile);
    onCleanup(() => context.close());
    return recordErrors(await context.newPage(), errors);
  });

function recordErrors(page: Page, errors: string[]): Page {
  return page.on("pageerror", (error) => void errors.push(String(error)));
}

async function newBatch(origin: string): Promise<CreatedBatch> {
  const body = JSON.stringify({ files: [{ name: "a.txt", size: 3 }], sealed: false });
  const response = await fetch(`${origin}/v1/batches`, { method: "POST", body });
  const created: CreatedBatch = JSON.parse(await response.text());
  return created;
}

describe("a browser that blocks all storage", () => {
  test("uploads, says that it saves nothing, and lists its batches", async ({
    blocked: page,
    pictures,
    server,
    errors,
  }) => {
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    await page.getByText(NOTE).first().waitFor();
    expect(await flawsOf(page)).toEqual([]);
    release();
    await allStored(page, PICTURES);
    expect(await page.getByText(NOTE).count()).toBe(0);
    await button(page, "Start another batch").click();
    await page.getByRole("listitem").getByText("24 files").waitFor();
    await pick(page, "Choose folder", pictures);
    await allStored(page, PICTURES);
    expect(errors).toEqual([]);
  });

  test("opens a share link", async ({ blocked: page, server, errors }) => {
    await page.goto(shareLink(await newBatch(server.origin), server.origin));
    await page.getByRole("row").waitFor();
    expect(errors).toEqual([]);
  });

  test("continues a batch of another device", async ({ blocked: page, server, errors }) => {
    await page.goto(resumeLink(await newBatch(server.origin), server.origin));
    await button(page, "Open the batch").click();
    await page.getByText("1 file is missing from this browser: a.txt.").first().waitFor();
    expect(errors).toEqual([]);
  });
});

/** Functions that take the browser's storage away, before the page runs. */
const WITHOUT = {
  "has no storage at all": () => {
    for (const name of ["indexedDB", "localStorage", "sessionStorage"])
      Object.defineProperty(globalThis, name, { value: undefined });
    Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
  },
  "has no more space": () => {
    const full = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    Storage.prototype.setItem = full;
    IDBObjectStore.prototype.put = full;
  },
  "refuses its storage": () => {
    const get = () => {
      throw new DOMException("insecure", "SecurityError");
    };
    for (const name of ["indexedDB", "localStorage", "sessionStorage"])
      Object.defineProperty(globalThis, name, { get });
    LockManager.prototype.request = LockManager.prototype.query = () =>
      Promise.reject(new DOMException("insecure", "SecurityError"));
    history.replaceState = get;
  },
};

describe.each(Object.entries(WITHOUT))("a browser that %s", (_, takeAway) => {
  test("uploads, and says that it saves nothing", async ({ page, pictures, server, errors }) => {
    recordErrors(page, errors);
    await page.addInitScript(takeAway);
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    await page.getByText(NOTE).first().waitFor();
    release();
    await allStored(page, PICTURES);
    expect(errors).toEqual([]);
  });

  test("continues a batch of another device", async ({ page, server, errors }) => {
    recordErrors(page, errors);
    await page.addInitScript(takeAway);
    await page.goto(resumeLink(await newBatch(server.origin), server.origin));
    await button(page, "Open the batch").click();
    await page.getByText("1 file is missing from this browser: a.txt.").first().waitFor();
    expect(errors).toEqual([]);
  });
});

const FILES_NOTE = "This window can't save these files. If you reload it, choose them again.";

/** Counts the changes of the database, and refuses files. It's text, as it needs a method's `this`. */
function refuseFiles(name: string, from: number): string {
  return `
    globalThis.tries = [];
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...given) {
      tries.push(this.name);
      const packs = tries.filter((name) => name === "packs");
      if (this.name === "packs" && packs.length >= ${from}) throw new DOMException("no files", "${name}");
      return put.apply(this, given);
    };
  `;
}

test.for([
  ["DataCloneError", 1],
  ["QuotaExceededError", 2],
] as const)(
  "a browser that can't save files (%s) says so once, and saves everything else",
  async ([name, from], { page, texts, server }) => {
    await page.addInitScript(refuseFiles(name, from));
    const triesFor = async (store: string) =>
      (await page.evaluate<string[]>("tries")).filter((each) => each === store).length;
    page.on("dialog", (dialog) => void dialog.accept());
    await page.goto(server.origin);
    await allowUploads(page, 1);
    await pick(page, "Choose folder", texts);
    await page.getByText(FILES_NOTE).first().waitFor();
    expect(await triesFor("packs")).toBe(from);
    expect(await flawsOf(page)).toEqual([]);
    await page.waitForTimeout(3000);
    expect(await triesFor("packs")).toBe(from);
    expect(await page.getByRole("main").getByText(FILES_NOTE).count()).toBe(1);
    expect(await page.getByText(NOTE).count()).toBe(0);
    await page.reload();
    await page.getByRole("region", { name: "Unfinished batches" }).waitFor();
  },
);
