import { describe, expect, it } from "vitest";
import { momentsFor } from "./moments.ts";

const NOON = new Date(2026, 10, 25, 12).getTime();

/** In the machine's time zone. */
const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 3).toISOString();

describe("momentsFor", () => {
  const english = momentsFor("en-GB");

  it.each([
    [25, 0, "today, 00:03"],
    [24, 23, "yesterday, 23:03"],
    [23, 23, "23 Nov 2026, 23:03"],
    [26, 0, "26 Nov 2026, 00:03"],
  ])("formats day %d, hour %d as %s", (day, hour, text) => {
    expect(english(at(day, hour), NOON)).toBe(text);
  });

  it("follows the locale", () => {
    expect(momentsFor("de")(at(24, 9), NOON)).toBe("gestern, 09:03");
  });
});
