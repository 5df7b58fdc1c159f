import { type Selector, type SelectorComponent, transform } from "lightningcss";

const ROOT: SelectorComponent = { type: "class", name: "tallyman" };
/**
 * `:is(.tallyman, .tallyman *)`. All rules become more specific by one class, so that their order among
 * each other is the same, and an app's `button { … }` doesn't apply inside.
 */
const INSIDE: SelectorComponent = {
  type: "pseudo-class",
  kind: "is",
  selectors: [[ROOT], [ROOT, { type: "combinator", value: "descendant" }, { type: "universal" }]],
};

/**
 * Returns the elements' style sheet, limited to `Frame` and its inside. Components in an app's own document
 * have no shadow tree, so the sheet would otherwise style the whole page.
 *
 * `@scope` does the same, but Firefox has it only since 146.
 */
export function scopedStyles(css: string): string {
  const { code } = transform({
    filename: "components.css",
    code: Buffer.from(css),
    visitor: { Selector: scoped },
  });
  return Buffer.from(code).toString();
}

/** Limits the element that the selector is about, which is named after the last combinator. */
function scoped(selector: Selector): Selector {
  const own = selector.flatMap(withoutHost);
  const first = own.findLastIndex(({ type }) => type === "combinator") + 1;
  const pseudo = own.findIndex(({ type }, place) => place >= first && type === "pseudo-element");
  return own.toSpliced(pseudo === -1 ? own.length : pseudo, 0, INSIDE);
}

/** Replaces `:host` and `:host(…)`, whose specificity is that of a class and of what is in brackets. */
function withoutHost(component: SelectorComponent): SelectorComponent[] {
  if (component.type !== "pseudo-class" || component.kind !== "host") return [component];
  return [ROOT, ...(component.selectors ?? [])];
}
