import { expect, it } from "vitest";
import { hasMostlyPictures } from "./has-pictures.ts";

function files(names: string[], type = "") {
  return { count: names.length, name: (id: number) => names[id] ?? "", type: () => type };
}

it.each([
  [[], false],
  [["a.jpg", "notes.txt"], true],
  [["a.jpg", "notes.txt", "b.pdf"], false],
  [["IMG_1.HEIC"], true],
  [Array.from({ length: 1000 }, (_, id) => (id < 256 ? `${id}.jpg` : `${id}.txt`)), true],
])("%o: %s", (names, expected) => {
  expect(hasMostlyPictures(files(names))).toBe(expected);
});

it("trusts a type more than a name", () => {
  expect(hasMostlyPictures(files(["a.jpg"], "text/plain"))).toBe(false);
  expect(hasMostlyPictures(files(["a"], "image/png"))).toBe(true);
});
