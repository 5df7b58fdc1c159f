import { describe, expect } from "vitest";
import { test as browserTest } from "../support/browser-test.ts";
import { test as statesTest } from "../support/states-test.ts";
import { onlyEnglishWords, pageTexts, splitWords } from "../support/english-words.ts";
import { visitStates } from "../support/page-states.ts";
import { resize } from "../support/resize.ts";

/** Pixels. */
const NARROW = 320;

describe("the page", () => {
  const test = statesTest.override("contextOptions", { locale: "de-AT" });

  test("is in German for a browser that prefers a kind of German", async ({ page, server }) => {
    await page.goto(server.origin);
    await page.getByRole("button", { name: "Dateien auswählen" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("de-AT");
  });

  test("has no English word in any of its states, and fits into 320 px", async ({ visited }) => {
    const english = await onlyEnglishWords();
    expect(english.size).toBeGreaterThan(200);
    const found: string[] = [];
    await visitStates(visited, async (page, state) => {
      await resize(page, { width: NARROW, height: 800 });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > NARROW) found.push(`${state}: ${width} px wide`);
      const words = (await pageTexts(page)).flatMap(splitWords);
      found.push(...words.filter((word) => english.has(word)).map((word) => `${state}: ${word}`));
    });
    expect(found).toEqual([]);
  });
});

describe("the elements", () => {
  const test = browserTest;
  const german = "Dateien auswählen";
  const english = "Choose files";

  test.for([
    ["en", "de-DE", english],
    ["de-CH", "en-US", german],
    ["", "de-DE", german],
    ["fr", "de-DE", german],
    ["fr", "en-US", english],
  ] as const)(
    "on a page in “%s”, in a browser in %s: %s",
    async ([lang, locale, label], { browser, host, server, onTestFinished }) => {
      const context = await browser.newContext({ locale });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const script = `<script type="module" src="${server.origin}/embed.js"></script>`;
      const uploader = `<tallyman-uploader endpoint="${server.origin}"></tallyman-uploader>`;
      const html = `<!doctype html><html lang="${lang}"><title>App</title>${script}${uploader}`;
      await page.goto(host.serve("/languages.html", html));
      await page.getByRole("button", { name: label }).waitFor();
      expect(await page.getByRole("button").first().innerText()).toBe(label);
    },
  );
});
