import { language } from "./box.ts";

/** Returns a function that compares names in the reader's language. 2 comes before 10. */
export function nameComparison(): (a: string, b: string) => number {
  return new Intl.Collator(language.locale, { numeric: true }).compare;
}
