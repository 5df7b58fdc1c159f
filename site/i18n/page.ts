import { format } from "./box.ts";
import { words as shared } from "./index.ts";
import { pageWords as english } from "./page/en.ts";
import { pageLanguage, words as start } from "./start.ts";

/** The text of the page, for code that is loaded once the language is known. */
export const words = {
  ...shared,
  ...start,
  ...(pageLanguage()?.pageWords ?? english)(format),
};
