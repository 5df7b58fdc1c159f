import { expect, test } from "vitest";
import { mergePatch } from "./merge-patch.ts";

// The examples of RFC 7396, appendix A, whose target and result are objects.
test.each<[target: Record<string, unknown>, patch: Record<string, unknown>, result: unknown]>([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{ a: [1] }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
])("%j patched with %j is %j", (target, patch, result) => {
  expect(mergePatch(target, patch)).toEqual(result);
});

test("keys of Object.prototype are keys like any other", () => {
  const patch = { constructor: { prototype: 1 }, toString: { a: null }, hasOwnProperty: null };
  const merged = mergePatch({ valueOf: 1 }, patch);
  expect(Object.entries(merged)).toEqual([
    ["valueOf", 1],
    ["constructor", { prototype: 1 }],
    ["toString", {}],
  ]);
});

test("neither the target nor the patch changes, and __proto__ sets no prototype", () => {
  const target = { a: { b: 1 } };
  const patch: Record<string, unknown> = JSON.parse('{"a":{"c":2},"__proto__":{"d":3}}');
  const merged = mergePatch(target, patch);
  expect(target).toEqual({ a: { b: 1 } });
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  expect("d" in merged).toBe(false);
});
