import { expect, it } from "vitest";
import { countsBytes } from "./hero-unit.ts";

const MB = 1_000_000;

it.each([
  [1, 60 * MB, true],
  [9, 900 * MB, true],
  [2, 2 * MB, false],
  [490, 49_000 * MB, false],
  [0, 0, false],
])("the hero of %d files of %d bytes counts bytes: %s", (files, bytes, isByBytes) => {
  expect(countsBytes(files, bytes)).toBe(isByBytes);
});
