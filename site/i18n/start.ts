import type { Formats } from "./formats.ts";
import { applyLanguage, format, type Language, locales, words as box } from "./box.ts";
import { loadLanguage } from "./languages.ts";
import type { PageWords } from "./page/en.ts";
import { type StartWords, startWords as english } from "./start/en.ts";

/** The text that the page's first script needs. Code that it loads later has more: `page.ts`. */
export const words = { ...box, ...english(format) };

/** A file of `page/`. It exports what its language has in `elements/` and `start/` as well. */
interface PageLanguage extends Language {
  startWords: (format: Formats) => StartWords;
  pageWords: (format: Formats) => PageWords;
}

const languages = import.meta.glob<PageLanguage>(["./page/??.ts", "!./page/en.ts"]);
let applied: PageLanguage | null = null;

/** Loads the reader's language for the page. Like `loadElementLanguage`. */
export function loadPageLanguage(): Promise<void> | null {
  return (
    loadLanguage(languages, locales)?.then((loaded) => {
      if (loaded === null) return;
      applied = loaded.language;
      applyLanguage(loaded.locale, loaded.language);
      Object.assign(words, box, loaded.language.startWords(format));
    }) ?? null
  );
}

/** Returns the language that has replaced English; null for English. */
export function pageLanguage(): PageLanguage | null {
  return applied;
}
