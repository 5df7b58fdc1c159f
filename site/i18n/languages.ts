/** Modules of languages, by path: `./elements/de.ts`. English is built in, and not among them. */
type Languages<Language> = Readonly<Record<string, () => Promise<Language>>>;

interface Loaded<Language> {
  locale: string;
  language: Language;
}

/**
 * Returns the locales that `Intl` accepts, by preference. Browsers pass on the system's settings, such
 * as "C" (WebKitGTK), "*" or "en-US@posix", and `Intl` throws a RangeError for those.
 *
 * @param preferred `navigator.languages`, which some privacy extensions remove
 */
export function validLocales(preferred: readonly string[] | undefined): readonly string[] {
  return (preferred ?? []).filter((locale) => codeOf(locale) !== null);
}

/** Returns the first of the reader's locales that is English, with its formats of numbers and dates. */
export function englishLocale(locales: readonly string[]): string {
  return locales.find((locale) => codeOf(locale) === "en") ?? "en";
}

/**
 * Starts loading the language that the reader prefers.
 *
 * @param locales by preference, as `validLocales` returns them
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
    if (code === "en") return null;
    const load = code === null ? undefined : byCode.get(code);
    if (load)
      return load().then(
        (language) => ({ locale, language }),
        () => null,
      );
  }
  return null;
}

/** Returns the language's code: "de" of "de-AT". Null for a malformed locale. */
function codeOf(locale: string): string | null {
  try {
    return new Intl.Locale(locale).language;
  } catch {
    return null;
  }
}
