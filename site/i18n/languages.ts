/** Modules of languages, by path: `./elements/de.ts`. English is built in, and not among them. */
type Languages<Language> = Readonly<Record<string, () => Promise<Language>>>;

interface Loaded<Language> {
  locale: string;
  language: Language;
}

/** Returns the first of the reader's locales that is English, with its formats of numbers and dates. */
export function englishLocale(locales: readonly string[]): string {
  return locales.find((locale) => codeOf(locale) === "en") ?? "en";
}

/**
 * Starts loading the language that the reader prefers.
 *
 * @param locales by preference, as `navigator.languages`
 * @returns null if that is English; a promise of null if the language can't be loaded
 */
export function loadLanguage<Language>(
  languages: Languages<Language>,
  locales: readonly string[],
): Promise<Loaded<Language> | null> | null {
  const byCode = new Map(
    Object.entries(languages).map(([path, load]) => [
      path.slice(-"xx.ts".length, -".ts".length),
      load,
    ]),
  );
  for (const locale of locales) {
    const code = codeOf(locale);
    const load = byCode.get(code);
    if (code === "en") return null;
    if (load)
      return load().then(
        (language) => ({ locale, language }),
        () => null,
      );
  }
  return null;
}

/** Returns the language's code: "de" of "de-AT". */
function codeOf(locale: string): string {
  return new Intl.Locale(locale).language;
}
