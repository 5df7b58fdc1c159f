import { words as english, type Words } from "./elements/en.ts";
import { type Formats, formatsFor } from "./formats.ts";
import { englishLocale, loadLanguage, validLocales } from "./languages.ts";

/** The reader's locales, by preference. */
export const locales = validLocales(navigator.languages);

/** The locale of the text: English until another language has been loaded. */
export const language = { locale: englishLocale(locales) };
export const format = formatsFor(language.locale);
/** The text of the elements. The page has more: `page.ts`. */
export const words = english(format);

/** A file of `elements/`. */
export interface Language {
  words: (format: Formats) => Words;
}

const languages = import.meta.glob<Language>(["./elements/??.ts", "!./elements/en.ts"]);

/**
 * Loads the language of the app's page, as its `<html lang>` says, or the reader's if that is unknown.
 * Call before anything is rendered: shown text doesn't change.
 *
 * @returns null if nothing has to be loaded. The promise never rejects: if the language can't be
 *   loaded, the text stays English.
 */
export function loadElementLanguage(): Promise<void> | null {
  const ofPage = validLocales([document.documentElement.lang]);
  return (
    loadLanguage(languages, [...ofPage, ...locales])?.then((loaded) => {
      if (loaded !== null) applyLanguage(loaded.locale, loaded.language);
    }) ?? null
  );
}

/** Replaces the text and the formats of the elements. */
export function applyLanguage(locale: string, { words: translated }: Language): void {
  language.locale = locale;
  Object.assign(format, formatsFor(locale));
  Object.assign(words, translated(format));
}
