import { expect, it } from "vitest";
import { mayCome } from "./viewer-pictures.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const JUST_NOW = "2026-11-30T11:59:30Z";
const EARLIER = "2026-11-30T11:00:00Z";

it.each([
  ["a batch that isn't known yet", null, true],
  ["a batch that is being sent", { state: "active", updatedAt: EARLIER }, true],
  ["a batch that has just ended", { state: "completed", updatedAt: JUST_NOW }, true],
  ["a batch that ended without sheets", { state: "completed", updatedAt: EARLIER }, false],
  ["a batch that was cancelled", { state: "cancelled", updatedAt: EARLIER }, false],
  ["a sheet that is listed", { state: "completed", updatedAt: EARLIER, sheets: { 0: "v" } }, true],
] as const)("expects the pictures of %s: %o %s", (_, batch, expected) => {
  expect(mayCome(batch, 0, NOW)).toBe(expected);
});
