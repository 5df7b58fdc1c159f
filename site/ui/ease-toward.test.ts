import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { easeToward } from "./ease-toward.ts";

/** With two decimals, as the server tells it. */
const percent = fc.nat({ max: 10_000 }).map((hundredths) => hundredths / 100);

describe("glide", () => {
  it("reaches the truth, a point at a time", () => {
    let [shown, steps] = [0, 0];
    for (; shown < 41.5; steps++) shown = easeToward(shown, 41.5, false);
    expect([shown, steps]).toEqual([41.5, 42]);
  });

  it("waits where a broken connection takes the truth back", () => {
    expect(easeToward(30, 22, false)).toBe(30);
  });

  it("goes back where more is to be done than before", () => {
    expect(easeToward(30, 15, true)).toBe(15);
  });

  it("never steps by more than a point, nor back, nor ahead of the truth", () => {
    fc.assert(
      fc.property(percent, percent, (shown, truth) => {
        const next = easeToward(shown, truth, false);
        expect(next).toBeGreaterThanOrEqual(shown);
        expect(next).toBeLessThanOrEqual(Math.max(shown, Math.min(truth, shown + 1.001)));
      }),
    );
  });
});
