import { describe, expect, it } from "vitest";
import { formatsFor } from "./formats.ts";

const english = formatsFor("en");

describe("formats", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1 kB"],
    [204_800, "205 kB"],
    [98_000_000, "98.0 MB"],
    [100_000_000, "100 MB"],
    [1_250_000_000, "1.3 GB"],
    [5e15, "5,000 TB"],
  ])("formats %d bytes as %s", (count, text) => {
    expect(english.bytes(count)).toBe(text);
  });

  it.each([
    [0, "0 sec"],
    [8.4, "8 sec"],
    [60, "1 min"],
    [130, "2 min 10 sec"],
    [3600, "1 hr"],
    [3900, "1 hr 5 min"],
  ])("formats %d seconds as %s", (seconds, text) => {
    expect(english.duration(seconds)).toBe(text);
  });

  it("rounds percentages down", () => {
    expect(english.percent(99.99)).toBe("99%");
    expect(english.percent(100)).toBe("100%");
  });

  it("lists the first few names, and counts the others", () => {
    const more = (count: number) => `and ${count} more`;
    expect(english.some(["a", "b", "c"], more)).toBe("a, b, c");
    expect(english.some(["a", "b", "c", "d", "e"], more)).toBe("a, b, c, and 2 more");
  });

  it("formats a speed", () => {
    expect(english.speed(12_400_000)).toBe("12.4 MB/s");
  });

  it("follows the locale", () => {
    expect(formatsFor("de").number(10_000)).toBe("10.000");
    expect(formatsFor("de").percent(63)).toBe("63\u00a0%");
  });
});
