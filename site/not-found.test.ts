import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { formatsFor } from "./i18n/formats.ts";
import { startWords } from "./i18n/start/en.ts";

it("404.html has each of the texts that a language replaces", () => {
  const html = readFileSync(new URL("404.html", import.meta.url), "utf8");
  const { notFound } = startWords(formatsFor("en"));
  const texts = Array.from(html.matchAll(/data-text="(\w+)"[^>]*>([^<]*)</gu), ([, key, text]) => [
    key,
    text?.trim(),
  ]);
  expect(Object.fromEntries(texts)).toEqual(notFound);
});
