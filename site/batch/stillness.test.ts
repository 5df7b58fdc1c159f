import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { roundedStill, Stillness } from "./stillness.ts";

describe("Stillness", () => {
  const shown = { seconds: signal<number | null>(null), isFirst: signal(true) };
  let stillness: Stillness;
  beforeEach(() => {
    [shown.seconds.value, shown.isFirst.value] = [null, true];
    stillness = new Stillness(shown);
    stillness.sample("0 bytes", true, 0);
  });

  it("counts from the last byte, from ten seconds on", () => {
    stillness.sample("5 bytes", true, 4000);
    stillness.sample("5 bytes", true, 13_900);
    expect(shown.seconds.value).toBe(null);
    stillness.sample("5 bytes", true, 14_000);
    expect(shown.seconds.value).toBe(10);
    stillness.sample("6 bytes", true, 15_000);
    expect(shown.seconds.value).toBe(null);
  });

  it("counts from the first sample if nothing moves at all", () => {
    stillness.sample("0 bytes", true, 130_000);
    expect([shown.seconds.value, shown.isFirst.value]).toEqual([120, true]);
    stillness.sample("1 byte", true, 131_000);
    expect(shown.isFirst.value).toBe(false);
  });

  it("doesn't count while nothing is expected to move", () => {
    stillness.sample("0 bytes", false, 60_000);
    stillness.sample("0 bytes", true, 69_000);
    expect(shown.seconds.value).toBe(null);
  });

  it.each([
    [10, 10],
    [29, 10],
    [59, 30],
    [119, 60],
    [3599, 3540],
    [8000, 7200],
  ])("rounds %d seconds down to %d", (seconds, rounded) => {
    expect(roundedStill(seconds)).toBe(rounded);
  });
});
