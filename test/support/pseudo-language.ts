import type { BrowserContext } from "playwright-core";

/** The built module of German, which the page loads for a browser in German. */
const GERMAN = /\/assets\/de-[\w-]+\.js$/u;

/**
 * Lets German read from right to left, in Hebrew letters: a language for tests, of which the product has
 * nothing. German has the longest words. Texts that contain names or units are in these letters throughout.
 */
export async function mirrorGerman(context: BrowserContext): Promise<void> {
  await context.route(GERMAN, async (route) => {
    const original = `${new URL(route.request().url()).pathname}?original`;
    await route.fulfill({ contentType: "text/javascript", body: mirrored(original) });
  });
}

function mirrored(original: string): string {
  return `
    import * as german from "${original}";
    const toHebrew = (letter) => String.fromCharCode(0x5d0 + (letter.toLowerCase().codePointAt(0) % 27));
    const mirror = (value) => {
      if (typeof value === "string") return value.replaceAll(/\\p{Script=Latin}/gu, toHebrew);
      if (typeof value === "function") return (...parameters) => mirror(value(...parameters));
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mirror(each)]));
    };
    export const boxWords = () => ({ ...mirror(german.boxWords()), direction: "rtl" });
    export const batchWords = (format) => mirror(german.batchWords(format));
    export const startWords = (format) => mirror(german.startWords(format));
    export const pageWords = (format) => mirror(german.pageWords(format));
  `;
}
