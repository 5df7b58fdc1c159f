import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../protocol/index.ts";
import { hasLinkExpired, linkEnd } from "./link-end.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");

/** An unsigned token that expires that many days from now. */
function token(days: number): string {
  return `e30.${btoa(JSON.stringify({ exp: (NOW + days * DAY_MS) / 1000 }))}.x`;
}

describe("linkEnd", () => {
  const over = { state: "completed", keepUntil: null } as const;
  const active = { state: "active", keepUntil: null } as const;

  it("is the end of the token", () => {
    const end = { until: NOW + 30 * DAY_MS };
    expect(linkEnd(token(30), over, undefined, NOW)).toEqual(end);
    expect(linkEnd(token(30), active, { keepDays: null }, NOW)).toEqual(end);
    expect(linkEnd(token(30), null, { keepDays: null }, NOW)).toEqual(end);
  });

  it.each(["completed", "cancelled"] as const)(
    "is the deletion of the files of a %s batch if that comes first",
    (state) => {
      const keepUntil = new Date(NOW + 7 * DAY_MS).toISOString();
      expect(linkEnd(token(30), { state, keepUntil }, undefined, NOW)).toEqual({
        until: NOW + 7 * DAY_MS,
      });
      expect(linkEnd(token(3), { state, keepUntil }, undefined, NOW)).toEqual({
        until: NOW + 3 * DAY_MS,
      });
    },
  );

  it("is days after the upload while that has no end", () => {
    expect(linkEnd(token(30), active, { keepDays: 7 }, NOW)).toEqual({ days: 7 });
    expect(linkEnd(token(5), active, { keepDays: 7 }, NOW)).toEqual({ until: NOW + 5 * DAY_MS });
  });

  it("is unknown for a token without a time, and for the receivers of an unfinished batch", () => {
    expect(linkEnd("opaque", over, undefined, NOW)).toBeNull();
    expect(linkEnd(token(30), active, undefined, NOW)).toBeNull();
    expect(linkEnd(token(30), null, undefined, NOW)).toBeNull();
  });
});

describe("hasLinkExpired", () => {
  it.each([
    [token(1), false],
    [token(-1), true],
    ["opaque", false],
  ])("of %s is %s", (value, expired) => {
    expect(hasLinkExpired(value, NOW)).toBe(expired);
  });
});
