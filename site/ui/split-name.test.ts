import { expect, it } from "vitest";
import { splitName } from "./split-name.ts";

it.each([
  ["IMG_20240817_123456.jpg", "IMG_20240817_1", "23456.jpg"],
  ["a name without an extension", "a name without an exte", "nsion"],
  ["archive of everything.tar.gz", "archive of everythin", "g.tar.gz"],
  ["report.a_part_that_is_no_extension", "report.a_part_that_is_no_exte", "nsion"],
])("%s keeps its start, its end and its extension", (name, head, tail) => {
  expect(splitName(name)).toEqual({ head, tail });
});

it("doesn't split short names", () => {
  expect([splitName("IMG_1234.jpg"), splitName("")]).toEqual([null, null]);
});

it.each([
  "photos of the day 👩‍👧‍👦👩‍👧.png",
  "holiday in 🇫🇷🇩🇪🇪🇸🇮🇹.jpg",
  "thumbs up 👍🏽👍🏿👍🏻.gif",
  "Größe in Zürich u\u0308u\u0308u\u0308u\u0308.txt".normalize("NFD"),
  "صورة من الرحلة الجميلة.jpg",
])("%s is split between characters only", (name) => {
  const split = splitName(name);
  const starts = [...new Intl.Segmenter("en").segment(name)].map(({ index }) => index);
  expect(starts).toContain(split?.head.length);
  expect(`${split?.head}${split?.tail}`).toBe(name);
  expect(`${split?.head}|${split?.tail}`).not.toMatch(/\p{Script=Arab}\|\p{Script=Arab}/u);
});
