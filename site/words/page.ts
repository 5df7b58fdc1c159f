import type { PageWords } from "./en.ts";
import { pageWords as english } from "./en.ts";
import type { Formats } from "./formats.ts";
import { format, language, words as shared } from "./index.ts";

const languages = import.meta.glob<(format: Formats) => PageWords>("./??.ts", {
  eager: true,
  import: "pageWords",
});

/** All that is said on the page. What other pages' elements show takes its words from `index.ts`. */
export const words = { ...shared, ...(languages[language] ?? english)(format) };
