import type { Page } from "playwright-core";

/** Pixels by which boxes may differ. */
const ROUNDING = 2;

type Box = Record<"left" | "right" | "top" | "bottom", number>;

interface Around {
  name: string;
  box: Box;
  /** True if it hides what is larger than itself. */
  cuts: boolean;
  /** True if its text is cut on purpose: it has an ellipsis or a tooltip. */
  isOnPurpose: boolean;
}

interface ShownText {
  text: string;
  box: Box;
  /** The elements around it, from the inside. */
  around: Around[];
}

/**
 * Returns the texts that can't be read in the window, one string each: cut off by an element around them, or
 * beyond the window's sides.
 */
export async function lostTexts(page: Page): Promise<string[]> {
  const width = await page.evaluate(() => document.documentElement.clientWidth);
  const problems = (await shownTexts(page)).map((shown) => [shown.text, problemOf(shown, width)]);
  return problems.filter(([, problem]) => problem !== null).map((parts) => parts.join(" is "));
}

function problemOf({ box, around }: ShownText, width: number): string | null {
  for (const { name, box: outer, cuts, isOnPurpose } of around) {
    if (isOnPurpose) return null;
    if (cuts && !contains(outer, box)) return `cut by ${name}`;
  }
  const isOutside = box.left < -ROUNDING || box.right > width + ROUNDING;
  return isOutside ? "beyond the window" : null;
}

function contains(outer: Box, inner: Box): boolean {
  return (
    inner.left >= outer.left - ROUNDING &&
    inner.right <= outer.right + ROUNDING &&
    inner.top >= outer.top - ROUNDING &&
    inner.bottom <= outer.bottom + ROUNDING
  );
}

function shownTexts(page: Page): Promise<ShownText[]> {
  return page.evaluate(() => {
    const shown: ShownText[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
      const parent = text.parentElement;
      if (parent?.closest(".visually-hidden, [hidden], select, textarea") !== null) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const { left, right, top, bottom, width } = range.getBoundingClientRect();
      if (width === 0 || !parent.checkVisibility()) continue;
      const around: Around[] = [];
      for (let at: Element | null = parent; at && at !== document.body; at = at.parentElement) {
        const { overflow, textOverflow } = getComputedStyle(at);
        const outer = at.getBoundingClientRect();
        around.push({
          name: at.className,
          box: { left: outer.left, right: outer.right, top: outer.top, bottom: outer.bottom },
          cuts: overflow !== "visible",
          isOnPurpose: textOverflow === "ellipsis" || at.hasAttribute("title"),
        });
      }
      const box = { left, right, top, bottom };
      shown.push({ text: text.textContent ?? "", box, around });
    }
    return shown;
  });
}
