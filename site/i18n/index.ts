import type { Words } from "./en.ts";
import { words as english } from "./en.ts";
import { type Formats, formatsFor } from "./formats.ts";

type Language = (format: Formats) => Words;

// Every `xx.ts` beside this file is a language, known by its name: adding one adds nothing else.
const languages = import.meta.glob<Language>("./??.ts", { eager: true, import: "words" });

/** The first of the reader's locales whose language is here. */
function chosenLocale(locales: readonly string[]): string {
  return locales.find((locale) => fileOf(locale) in languages) ?? "en";
}

/** The file of a locale's language. */
function fileOf(locale: string): string {
  return `./${new Intl.Locale(locale).language}.ts`;
}

export const locale = chosenLocale(navigator.languages);
/** The file beside this one in which the reader's language is. */
export const language = fileOf(locale);
export const format = formatsFor(locale);
export const words = (languages[language] ?? english)(format);
