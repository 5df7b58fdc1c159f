import { expect, test } from "vitest";
import {
  hasControlCharacters,
  hasDotSegments,
  isMediaType,
  isParameterizedType,
  isTypePattern,
  replaceControlCharacters,
  replaceDotSegments,
  toHex,
  withoutParameters,
} from "./text.ts";

test.each([
  ["image/png", true, true],
  ["application/vnd.ms-excel.sheet+xml", true, true],
  ["image/*", false, true],
  ["*/*", false, false],
  ["image", false, false],
  ["image/png; charset=x", false, false],
  ["image/p ng", false, false],
  ["", false, false],
])("%j: a media type %s, a pattern %s", (text, isType, isPattern) => {
  expect([isMediaType(text), isTypePattern(text)]).toEqual([isType, isPattern]);
});

test.each([
  ["image/png", true],
  ["text/plain;charset=utf-8", true],
  ["text/plain ; charset=utf-8", true],
  ["text/plain;", true],
  [" text/plain", false],
  ["text/plain charset=utf-8", false],
  ["text/plain;\u0000", false],
])("%j: a media type with or without parameters: %s", (text, isType) => {
  expect(isParameterizedType(text)).toBe(isType);
});

test("withoutParameters() returns the type before the first semicolon", () => {
  expect(withoutParameters(" text/plain ; charset=utf-8; x=y")).toBe("text/plain");
  expect(withoutParameters("text/plain")).toBe("text/plain");
});

test.each(["\u0000", "\u001b", "\u007f", "\u0085", "\u009f"])("%j is a control character", (c) => {
  expect(hasControlCharacters(`a${c}b`)).toBe(true);
  expect(replaceControlCharacters(`a${c}b${c}`, "_")).toBe("a_b_");
});

test.each(["é", "日", "\u00a0", "\u200e", "\u{1f600}"])("%j is no control character", (c) => {
  expect(hasControlCharacters(c)).toBe(false);
  expect(replaceControlCharacters(c, "_")).toBe(c);
});

test.each([
  ["..", "_"],
  ["a/../b", "a/_/b"],
  ["a\\.\\b", "a\\_\\b"],
  ["./a/..", "_/a/_"],
])("the dot segments of %j are replaced: %j", (path, replaced) => {
  expect(hasDotSegments(path)).toBe(true);
  expect(replaceDotSegments(path, "_")).toBe(replaced);
});

test.each(["a..b", ".htaccess", "a/...", "a.b/c."])("%j has no dot segment", (path) => {
  expect(hasDotSegments(path)).toBe(false);
  expect(replaceDotSegments(path, "_")).toBe(path);
});

test("toHex() writes two digits per byte", () => {
  expect(toHex(new Uint8Array([0, 10, 255]))).toBe("000aff");
});
