import { boxWords, type BoxWords } from "./box/en.ts";
import type { BatchWords } from "./elements/en.ts";
import { type Formats, formatsFor } from "./formats.ts";
import { englishLocale, loadLanguage, validLocales } from "./languages.ts";

/** The reader's locales, by preference. */
export const locales = validLocales(navigator.languages);

/** The locale of the text: English until another language has been loaded. */
export const language = { locale: englishLocale(locales) };
export const format = formatsFor(language.locale);
/** The text of an empty uploader. A batch has more: `index.ts`; and the page: `page.ts`. */
export const words = boxWords();

/** A file of `elements/`. */
export interface Language {
  boxWords: () => BoxWords;
  batchWords: (format: Formats) => BatchWords;
}

const languages = import.meta.glob<Language>(["./elements/??.ts", "!./elements/en.ts"]);
const translators: ((loaded: Language) => void)[] = [];
let applied: Language | null = null;

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

/** Replaces all text and the formats. */
export function applyLanguage(locale: string, loaded: Language): void {
  language.locale = locale;
  Object.assign(format, formatsFor(locale));
  Object.assign(words, loaded.boxWords());
  applied = loaded;
  for (const translate of translators) translate(loaded);
}

/** Calls `translate` when a language replaces English, or at once if one has: some text loads later. */
export function whenTranslated(translate: (loaded: Language) => void): void {
  translators.push(translate);
  if (applied !== null) translate(applied);
}
