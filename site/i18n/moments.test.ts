import { describe, expect, it } from "vitest";
import { momentsFor } from "./moments.ts";

const NOON = new Date(2026, 10, 25, 12).getTime();

/** In the time zone of the machine, whichever it is. */
const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 3).toISOString();

describe("moments", () => {
  const english = momentsFor("en-GB");

  it.each([
    [25, 0, "today, 00:03"],
    [24, 23, "yesterday, 23:03"],
    [23, 23, "23 Nov 2026, 23:03"],
    [26, 0, "26 Nov 2026, 00:03"],
  ])("of day %d, hour %d, are said as %s", (day, hour, said) => {
    expect(english(at(day, hour), NOON)).toBe(said);
  });

  it("follow the locale", () => {
    expect(momentsFor("de")(at(24, 9), NOON)).toBe("gestern, 09:03");
  });
});
