import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

const I18N = fileURLToPath(new URL("../../site/i18n", import.meta.url));
const COMMENT = /\/\*.*?\*\/|\/\/[^\n]*/gsu;
/** Imported paths and codes, which are no text, contain one of these. */
const STRING = /"([^"\n/_]*)"/gu;
const TEMPLATE = /`([^`]*)`/gu;
const EXPRESSION = /\$\{[^{}]*\}/gu;
const WORD = /[\p{L}’']{2,}/gu;

/** Returns the words, in lower case, that the English text has and the German text hasn't. */
export async function onlyEnglishWords(): Promise<Set<string>> {
  const german = await wordsOf("de");
  return new Set([...(await wordsOf("en"))].filter((word) => !german.has(word)));
}

async function wordsOf(language: string): Promise<Set<string>> {
  const files = ["box", "elements", "page"].map((folder) => `${I18N}/${folder}/${language}.ts`);
  const codes = await Promise.all(files.map((path) => readFile(path, "utf8")));
  return new Set(codes.flatMap((code) => textsOf(code)).flatMap(splitWords));
}

/** Returns the contents of a file's strings and templates. */
function textsOf(code: string): string[] {
  const plain = code.replaceAll(COMMENT, "");
  const strings = Array.from(plain.matchAll(STRING), ([, text = ""]) => text);
  const templates = Array.from(plain.matchAll(TEMPLATE), ([, text = ""]) => text);
  return [...strings, ...templates.map((text) => text.replaceAll(EXPRESSION, " "))];
}

export function splitWords(text: string): string[] {
  return Array.from(text.matchAll(WORD), ([word]) => word.toLowerCase());
}

/** Returns all that a person sees or hears of the page: its texts, labels, placeholders and title. */
export function pageTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const attributes = ["aria-label", "aria-valuetext", "title", "placeholder", "alt"];
    const labels = Array.from(document.body.querySelectorAll("*"), (element) =>
      attributes.map((name) => element.getAttribute(name) ?? ""),
    );
    return [document.title, document.body.innerText, ...labels.flat()];
  });
}
