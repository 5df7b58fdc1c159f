import { describe, expect, it } from "vitest";
import { englishLocale, loadLanguage, validLocales } from "./languages.ts";

const languages = {
  "./elements/de.ts": () => Promise.resolve("German"),
  "./elements/fr.ts": () => Promise.reject(new TypeError("Failed to fetch")),
};

describe("loadLanguage", () => {
  it.each([
    [["de-AT", "en"], { locale: "de-AT", language: "German" }],
    [["nl", "de"], { locale: "de", language: "German" }],
    [["fr", "de"], null],
  ])("loads the first language of %s that is there", async (locales, loaded) => {
    expect(await loadLanguage(languages, locales)).toEqual(loaded);
  });

  it.each([[["en-GB", "de"]], [["nl", "en", "de"]], [["nl"]], [[]]])(
    "loads nothing for %s",
    (locales) => {
      expect(loadLanguage(languages, locales)).toBeNull();
    },
  );
});

it.each([
  [["en-GB", "en"], "en-GB"],
  [["fr", "en-IE"], "en-IE"],
  [["fr"], "en"],
])("the English locale of %s is %s", (locales, locale) => {
  expect(englishLocale(locales)).toBe(locale);
});

it.each([
  [["C"], []],
  [["*", "-", "", "en-US@posix", "de-AT", "x"], ["de-AT"]],
  [[], []],
  [undefined, []],
])("the valid locales of %j are %j", (preferred, valid) => {
  expect(validLocales(preferred)).toEqual(valid);
});
