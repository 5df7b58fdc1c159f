import { expect, it } from "vitest";
import { shownName } from "./shown-name.ts";

it.each([
  ["photo_\u202Egpj.exe", "photo_\uFFFDgpj.exe"],
  ["a\u2067b\u2069.txt", "a\uFFFDb\uFFFD.txt"],
  ["\u200Fa\u061C.txt", "\uFFFDa\uFFFD.txt"],
  ["مرحبا.jpg", "مرحبا.jpg"],
  ["👩‍👧.png", "👩‍👧.png"],
])("shownName(%j) is %j", (name, shown) => {
  expect(shownName(name)).toBe(shown);
});
