import type { PageWords } from "./en.ts";
import { pageWords as english } from "./en.ts";
import type { Formats } from "./formats.ts";
import { format, language, locale, words as shared } from "./index.ts";

const languages = import.meta.glob<(format: Formats) => PageWords>("./??.ts", {
  eager: true,
  import: "pageWords",
});

/** All that is said on the page. What other pages' elements show takes its words from `index.ts`. */
export const words = { ...shared, ...(languages[language] ?? english)(format) };

/** Which of two names comes first, below zero for the first one; 2 is before 10. */
export const compareNames = new Intl.Collator(locale, { numeric: true }).compare;
