import { expect, it } from "vitest";
import { keptSide } from "./tile-pictures.ts";

it.each([
  { pixels: 20, before: 4, side: 32 },
  { pixels: 65, before: 32, side: 64 },
  { pixels: 20, before: 64, side: 64 },
  { pixels: 16, before: 64, side: 16 },
  { pixels: 3, before: 64, side: 4 },
  { pixels: 8, before: 16, side: 16 },
])("tiles of $pixels px after $before px are kept with $side px", ({ pixels, before, side }) => {
  expect(keptSide(pixels, before)).toBe(side);
});
