import { expect, test } from "vitest";
import { scopedStyles } from "./scoped-styles.ts";

const INSIDE = ":is(.tallyman, .tallyman *)";

/** Returns the selectors of a rule after it was scoped. */
function selectorsOf(selectors: string): string {
  return scopedStyles(`${selectors} { color: red }`).replace(/ \{[^]*/u, "");
}

test.each([
  ["p", `p${INSIDE}`],
  [".box .hint", `.box .hint${INSIDE}`],
  ["ul > li + li:first-child", `ul > li + li:first-child${INSIDE}`],
  ["button::before", `button${INSIDE}:before`],
  ["::after", `${INSIDE}:after`],
  ["h1, .note:not(:empty)", `h1${INSIDE}, .note:not(:empty)${INSIDE}`],
  [":host", `.tallyman${INSIDE}`],
  [":host([hidden])", `.tallyman[hidden]${INSIDE}`],
  [":host .box", `.tallyman .box${INSIDE}`],
])("%s applies inside of the frame only", (selectors, scoped) => {
  expect(selectorsOf(selectors)).toBe(scoped);
});

test("rules in other rules are limited, too, and key frames stay as they are", () => {
  const css = scopedStyles(`
    @media (width < 40rem) { @container (width < 9rem) { p { color: red } } }
    @keyframes strike { from { opacity: 0 } to { opacity: 1 } }
  `);
  expect(css).toContain(`p${INSIDE} {`);
  expect(css).toMatch(/@keyframes strike \{\s*from \{/u);
});
