import { join } from "node:path";
import type { Page, Route } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test } from "../support/browser-test.ts";
import { COLORS, writePhotos } from "../support/contact-sheet.ts";
import { allStored, button, holdUploads, pick } from "../support/page.ts";
import { exposeSaved, readSaved } from "../support/saved.ts";

const OLD = "This browser is too old for this page.";
const BROKEN = "This page could not start. Reload it, or open it in another browser.";
const PATHS = ["/", "/docs"] as const;

async function setLanguages(page: Page, languages: readonly string[] | undefined): Promise<void> {
  await page.addInitScript((value) => {
    Object.defineProperty(Navigator.prototype, "languages", { value });
  }, languages);
}

function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => void errors.push(message));
  return errors;
}

describe.each([[["C"]], [["*", "-", "en-US@posix"]], [["fr_FR"]], [[]], [undefined]])(
  "with the languages %j",
  (languages) => {
    test("the page starts in English", async ({ page, server }) => {
      const errors = errorsOf(page);
      await setLanguages(page, languages);
      await page.goto(server.origin);
      await button(page, "Choose files").waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe("en");
      expect(errors).toEqual([]);
    });

    test("an element starts in English", async ({ page, server }) => {
      const errors = errorsOf(page);
      await setLanguages(page, languages);
      await page.goto(`${server.origin}/embed-demo.html`);
      await button(page, "Choose files").first().waitFor();
      expect(errors).toEqual([]);
    });
  },
);

/** Functions that take a feature away, before the page runs. They can't call any other. */
describe.each([
  ["Array.prototype.toSorted", () => void Reflect.deleteProperty(Array.prototype, "toSorted")],
  ["color-mix()", () => void Object.assign(CSS, { supports: (name: string) => name !== "color" })],
  [
    "container queries",
    () => void Object.assign(CSS, { supports: (name: string) => name === "color" }),
  ],
  ["modules", () => void Reflect.deleteProperty(HTMLScriptElement.prototype, "noModule")],
])("without %s", (_, takeAway) => {
  test.for(PATHS)("%s says that the browser is too old", async (path, { page, server }) => {
    await page.addInitScript(takeAway);
    await page.goto(server.origin + path);
    expect(await page.getByRole("alert").innerText()).toContain(OLD);
    await page.waitForLoadState("networkidle");
    expect(await page.locator("body").innerText()).toBe(await page.getByRole("alert").innerText());
  });
});

describe("a page that fails before it has shown anything says so", () => {
  test.for(PATHS)("at %s, when its script can't be loaded", async (path, { page, server }) => {
    await page.route("**/assets/*.js", (route) => route.abort());
    await page.goto(server.origin + path);
    await page.getByText(BROKEN).waitFor();
  });

  test.for(PATHS)("at %s, when its script throws", async (path, { page, server }) => {
    await page.route("**/assets/*.js", (route) =>
      route.fulfill({ contentType: "text/javascript", body: "throw new Error('a bug')" }),
    );
    await page.goto(server.origin + path);
    await page.getByText(BROKEN).waitFor();
  });
});

const FAILED = "Part of this page couldn't be loaded.";

async function pickPhotos(page: Page, folder: string): Promise<void> {
  await writePhotos(join(folder, "photos"));
  await pick(page, "Choose folder", join(folder, "photos"));
}

/** Like this, a bug that only old browsers have looks different from a failed connection. */
describe("a part of the page that throws when it loads says so, and its error is uncaught", () => {
  test.for([
    ["session", "This page has a fault."],
    ["batch-view", FAILED],
    ["resume", FAILED],
    ["contact-sheet", "1 stroke = 1 file"],
  ] as const)("%s", async ([part, text], { page, server, folder }) => {
    const errors = errorsOf(page);
    await breakScript(page, part);
    await page.goto(server.origin);
    await pickPhotos(page, folder);
    await page.getByText(text).first().waitFor();
    await expect.poll(() => errors).toContain("a bug");
  });

  test("lightbox", async ({ page, server, folder }) => {
    const errors = errorsOf(page);
    await breakScript(page, "lightbox");
    await page.goto(server.origin);
    await pickPhotos(page, folder);
    await allStored(page, COLORS.length);
    await page.getByRole("button", { name: "View photo-0.png" }).click();
    await page.getByRole("dialog").getByText(FAILED).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await expect.poll(() => errors).toContain("a bug");
  });

  test("batch-module, of the elements", async ({ page, server }) => {
    const errors = errorsOf(page);
    await page.route("**/embed/batch-module-*", fulfillBug);
    await page.goto(`${server.origin}/embed-demo.html`);
    await pickText(page);
    await page.getByText(FAILED).first().waitFor();
    await expect.poll(() => errors).toContain("a bug");
  });
});

describe("a part of the page that can't be fetched", () => {
  test("is asked for again, and files that were sent meanwhile are saved then", async ({
    page,
    server,
  }) => {
    const errors = errorsOf(page);
    await exposeSaved(page);
    await page.route("**/assets/resume-*.js", (route) => route.abort());
    await page.goto(server.origin);
    await page.getByRole("alert").getByText(FAILED).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    const release = await holdUploads(page);
    await pickText(page);
    await page.getByRole("row", { name: "a" }).waitFor();
    await page.unroute("**/assets/resume-*.js");
    await button(page, "Retry").click();
    await expect.poll(async () => (await readSaved(page)).batches).toHaveLength(1);
    await expect.poll(() => page.getByText(FAILED).count()).toBe(0);
    release();
    await allStored(page, 1);
    expect(errors).toEqual([]);
  });

  test("is loaded once the browser is online", async ({ page, server }) => {
    await page.route("**/assets/resume-*.js", (route) => route.abort());
    await page.goto(server.origin);
    await page.getByText(FAILED).waitFor();
    await page.unroute("**/assets/resume-*.js");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.getByText(FAILED).waitFor({ state: "detached" });
  });

  test("has a sentence in place of the lightbox, with a retry", async ({
    page,
    server,
    folder,
  }) => {
    await page.route("**/assets/lightbox-*.js", (route) => route.abort());
    await page.goto(server.origin);
    await pickPhotos(page, folder);
    await allStored(page, COLORS.length);
    await page.getByRole("button", { name: "View photo-0.png" }).click();
    const dialog = page.getByRole("dialog", { name: "Pictures and videos" });
    await dialog.getByText(FAILED).waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "View photo-0.png" }).click();
    await dialog.getByText(FAILED).waitFor();
    await page.unroute("**/assets/lightbox-*.js");
    await dialog.getByRole("button", { name: "Retry" }).click();
    await dialog.getByRole("img", { name: "photo-0.png" }).waitFor();
  });
});

/** Lets a script throw when it loads. */
async function breakScript(page: Page, name: string): Promise<void> {
  await page.route(`**/assets/${name}-*.js`, fulfillBug);
}

function fulfillBug(route: Route): Promise<void> {
  return route.fulfill({
    contentType: "text/javascript",
    headers: { "Access-Control-Allow-Origin": "*" },
    body: "throw new TypeError('a bug')",
  });
}

async function pickText(page: Page): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await button(page, "Choose files").first().click();
  await (await chooser).setFiles({ name: "a", mimeType: "", buffer: Buffer.from("a") });
}

test("an error of another script leaves a page that starts as it is", async ({ page, server }) => {
  await page.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => dispatchEvent(new ErrorEvent("error")), true);
    addEventListener("load", () => dispatchEvent(new ErrorEvent("error")), true);
  });
  await page.goto(server.origin);
  await button(page, "Choose files").waitFor();
  expect(await page.getByText(BROKEN).count()).toBe(0);
});
