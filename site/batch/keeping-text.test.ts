import { expect, test } from "vitest";
import { keepingText } from "./keeping-text.ts";

const TEXTS = { until: (at: number) => new Date(at).toISOString(), always: "always" };

test("people are told when files are deleted, and senders that they stay", () => {
  const keepUntil = "2026-12-05T12:00:00.000Z";
  for (const isSender of [true, false]) {
    expect(keepingText({ keepUntil }, isSender, TEXTS)).toBe(keepUntil);
    expect(keepingText({}, isSender, TEXTS)).toBeNull();
    expect(keepingText(null, isSender, TEXTS)).toBeNull();
  }
  expect(keepingText({ keepUntil: null }, true, TEXTS)).toBe("always");
  expect(keepingText({ keepUntil: null }, false, TEXTS)).toBeNull();
});
