import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { button } from "../support/page.ts";

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

/** Like this, a bug that only old browsers have looks different from a failed connection. */
describe("a part of the page that throws when it loads says so, and its error is uncaught", () => {
  test.for([
    ["session", "This page has a fault."],
    ["batch-view", "Part of this page couldn't be loaded."],
  ] as const)("%s", async ([part, text], { page, server }) => {
    const errors = errorsOf(page);
    await page.route(`**/assets/${part}-*.js`, (route) =>
      route.fulfill({ contentType: "text/javascript", body: "throw new TypeError('a bug')" }),
    );
    await page.goto(server.origin);
    const chooser = page.waitForEvent("filechooser");
    await button(page, "Choose files").click();
    await (await chooser).setFiles({ name: "a", mimeType: "", buffer: Buffer.from("a") });
    await page.getByText(text).waitFor();
    await expect.poll(() => errors).toContain("a bug");
  });
});

test("an error of another script leaves a page that starts as it is", async ({ page, server }) => {
  await page.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => dispatchEvent(new ErrorEvent("error")), true);
    addEventListener("load", () => dispatchEvent(new ErrorEvent("error")), true);
  });
  await page.goto(server.origin);
  await button(page, "Choose files").waitFor();
  expect(await page.getByText(BROKEN).count()).toBe(0);
});
