import { glob, readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { TARGET } from "../site/vite.config.ts";
import { entryAt, lacking } from "./features/browser-support.ts";
import { unsupportedInScript } from "./features/script-features.ts";
import { namesIn } from "./features/script-names.ts";
import { unsupportedInStyle } from "./features/style-features.ts";
import { parse, textOf, walk } from "./features/syntax-tree.ts";

/** Features that are no loss where they are missing. */
const OPTIONAL: ReadonlySet<string> = new Set([
  "text-wrap",
  "text-wrap: balance",
  "text-wrap: pretty",
  "scrollbar-color",
  "text-align: match-parent",
  "accent-color",
  // iPhones have no handle that resizes.
  "resize",
  "resize: vertical",
  // Only for a browser that has such colours, or such text.
  "forced-color-adjust",
  "forced-color-adjust: none",
  // Chrome below 124 rejects with another reason than the signal's: client/api/request.ts.
  "AbortSignal.timeout",
  // Safari leaves the page's zoom out of it.
  "devicePixelRatio",
  // libwebp looks for Node by `process.versions.node`.
  ".node",
  // @preact/signals adds a method under that symbol, which nothing here calls.
  "Symbol.dispose",
]);

/** The demo of the elements is no part of a deployment that anyone relies on. */
const BUILT = "site/dist/{*.js,assets/*,embed/*}";

const scripts = new Map<string, string>();
const styles = new Map<string, string>();

beforeAll(async () => {
  for await (const path of glob(BUILT)) {
    if (path.includes("embed-demo")) continue;
    const text = await readFile(path, "utf8");
    if (path.endsWith(".css")) styles.set(path, text);
    if (path.endsWith(".js")) scripts.set(path, text);
    if (path.endsWith(".js"))
      for (const sheet of sheetsIn(text)) styles.set(`${path}, its style sheet`, sheet);
  }
});

/** Returns the style sheets of elements, which are strings in their script. */
function sheetsIn(code: string): string[] {
  const sheets: string[] = [];
  walk(parse(code), (node) => {
    const text = textOf(node) ?? "";
    if (text.includes(":host{")) sheets.push(text);
  });
  return sheets;
}

function withoutOptional(features: readonly string[]): readonly string[] {
  return features.filter((feature) => !OPTIONAL.has(feature.replace(/ \([^(]*\)$/u, "")));
}

describe("the built files use nothing that a browser of the target lacks", () => {
  test("scripts", () => {
    const members = new Set<string>();
    for (const code of scripts.values())
      for (const name of namesIn(code).members) members.add(name);
    expect(scripts.size).toBeGreaterThan(5);
    for (const [path, code] of scripts)
      expect([path, ...withoutOptional(unsupportedInScript(code, TARGET, members))]).toEqual([
        path,
      ]);
  });

  test("style sheets, those of elements included", () => {
    expect([...styles.keys()].filter((path) => path.endsWith("its style sheet"))).toHaveLength(1);
    for (const [path, css] of styles)
      expect([path, ...withoutOptional(unsupportedInStyle(css, TARGET))]).toEqual([path]);
  });
});

test.each([
  "javascript.builtins.Array.toSorted",
  "css.types.color.color-mix",
  "css.at-rules.container",
])("every browser of the target passes the check for %s in browser-check.js", (feature) => {
  expect(entryAt(feature)?.__compat).toBeDefined();
  expect(lacking(entryAt(feature), TARGET)).toEqual([]);
});

describe("what a script uses is found", () => {
  test.each([
    ["AbortSignal.any([a, b])", ["chrome115"], ["AbortSignal.any (chrome115)"]],
    ["AbortSignal.any([a, b])", ["chrome116"], []],
    ["AbortSignal.any?.([a, b])", ["chrome115"], []],
    ["'any' in AbortSignal && AbortSignal.any([a, b])", ["chrome115"], []],
    [
      "Promise.withResolvers()",
      ["chrome118", "firefox120"],
      ["Promise.withResolvers (chrome118, firefox120)"],
    ],
    ["'Notification' in window && Notification.requestPermission()", ["ios16.4"], []],
    [
      "'AbortSignal' in window && AbortSignal.any([a, b])",
      ["chrome115"],
      ["AbortSignal.any (chrome115)"],
    ],
    ["list.toSorted()", ["firefox114", "safari16"], [".toSorted (firefox114)"]],
    ["class Own { toSorted() {} } list.toSorted()", ["firefox114"], []],
    ["list.at(-1)", ["chrome111"], []],
    ["new Set(a).isSubsetOf(b)", ["chrome121"], [".isSubsetOf (chrome121)"]],
    ["structuredClone(value)", ["ios15.0"], ["structuredClone (ios15.0)"]],
    ["function structuredClone() {} structuredClone(1)", ["ios15.0"], []],
    ["requestIdleCallback(run)", ["safari17"], ["requestIdleCallback (safari17)"]],
    ["typeof requestIdleCallback && requestIdleCallback(run)", ["safari17"], []],
    ["navigator.locks.request('a', run)", ["safari15.3"], ["navigator.locks (safari15.3)"]],
    ["/(?<=a)b/u.test(text)", ["safari16.3"], ["(?<= (safari16.3)"]],
    ["/a/v.test(text)", ["chrome111"], ["/v (chrome111)"]],
    ["class A { static { run() } }", ["safari16"], ["static {} (safari16)"]],
    ["await ready", ["safari26"], ["await at the top level (safari26)"]],
  ])("%s for %j", (code, target, found) => {
    expect(unsupportedInScript(code, target)).toEqual(found);
  });
});

describe("what a style sheet uses is found", () => {
  test.each([
    ["@scope (.a) { p { color: red } }", ["firefox145"], ["@scope (firefox145)"]],
    ["@scope (.a) { p { color: red } }", ["firefox146"], []],
    ["p { --paper: light-dark(white, black) }", ["chrome122"], ["light-dark() (chrome122)"]],
    ["p { --a: red; --a: light-dark(red, red) }", ["chrome122"], ["light-dark() (chrome122)"]],
    ["p { color: red; color: light-dark(red, red) }", ["chrome122"], []],
    ["p { user-select: none }", ["safari26"], ["user-select (safari26)"]],
    ["p { -webkit-user-select: none; user-select: none }", ["safari26"], []],
    [
      "@supports (color: light-dark(red, red)) { p { --a: light-dark(red, blue) } }",
      ["chrome122"],
      [],
    ],
    [
      "@supports not (color: light-dark(red, red)) { p { --a: light-dark(red, blue) } }",
      ["chrome122"],
      ["light-dark() (chrome122)"],
    ],
    ["a { b { color: red } }", ["chrome111"], ["nesting (chrome111)"]],
    [".bar:dir(rtl) { color: red }", ["chrome119"], [":dir (chrome119)"]],
    ["p:has(a) { color: red }", ["firefox120"], [":has (firefox120)"]],
    [
      "@media (width < 40rem) { p { color: red } }",
      ["safari16.3"],
      ["@media (a < b) (safari16.3)"],
    ],
    ["p { block-size: 100dvh }", ["safari15.3"], ["dvh (safari15.3)"]],
    [
      "p { text-wrap: balance }",
      ["chrome113"],
      ["text-wrap (chrome113)", "text-wrap: balance (chrome113)"],
    ],
    [
      "p { field-sizing: content }",
      ["chrome122"],
      ["field-sizing (chrome122)", "field-sizing: content (chrome122)"],
    ],
  ])("%s for %j", (css, target, found) => {
    expect(unsupportedInStyle(css, target)).toEqual(found);
  });
});
