import type { Formats } from "./formats.ts";
import { applyLanguage, format, type Language, locales } from "./box.ts";
import { words as shared } from "./index.ts";
import { loadLanguage } from "./languages.ts";
import { type PageWords, pageWords as english } from "./page/en.ts";

/** The text of the page. */
export const words = { ...shared, ...english(format) };

/** A file of `page/`. It exports what its language has in `elements/` as well. */
interface PageLanguage extends Language {
  pageWords: (format: Formats) => PageWords;
}

const languages = import.meta.glob<PageLanguage>(["./page/??.ts", "!./page/en.ts"]);

/** Loads the reader's language for the page. Like `loadElementLanguage`. */
export function loadPageLanguage(): Promise<void> | null {
  return (
    loadLanguage(languages, locales)?.then((loaded) => {
      if (loaded === null) return;
      applyLanguage(loaded.locale, loaded.language);
      Object.assign(words, shared, loaded.language.pageWords(format));
    }) ?? null
  );
}
