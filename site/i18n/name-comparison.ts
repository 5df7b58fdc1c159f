import { language } from "./box.ts";

type Compare = (a: string, b: string) => number;

let last: { locale: string; compare: Compare } | null = null;

/** Returns a function that compares names in the reader's language. 2 comes before 10. */
export function nameComparison(): Compare {
  const { locale } = language;
  // Making one takes as long as sorting a small folder with it.
  if (last?.locale !== locale) {
    last = { locale, compare: new Intl.Collator(locale, { numeric: true }).compare };
  }
  return last.compare;
}
