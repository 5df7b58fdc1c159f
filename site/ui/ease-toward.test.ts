import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { easeToward } from "./ease-toward.ts";

/** With two decimals, as the server sends it. */
const percent = fc.nat({ max: 10_000 }).map((hundredths) => hundredths / 100);

describe("easeToward", () => {
  it("reaches the target, a point at a time", () => {
    let [shown, steps] = [0, 0];
    for (; shown < 41.5; steps++) shown = easeToward(shown, 41.5, false);
    expect([shown, steps]).toEqual([41.5, 42]);
  });

  it("stays if the target falls and the bar may not", () => {
    expect(easeToward(30, 22, false)).toBe(30);
  });

  it("falls to the target at once if it may", () => {
    expect(easeToward(30, 15, true)).toBe(15);
  });

  it("never moves by more than a point, backwards or past the target", () => {
    fc.assert(
      fc.property(percent, percent, (shown, target) => {
        const next = easeToward(shown, target, false);
        expect(next).toBeGreaterThanOrEqual(shown);
        expect(next).toBeLessThanOrEqual(Math.max(shown, Math.min(target, shown + 1.001)));
      }),
    );
  });
});
