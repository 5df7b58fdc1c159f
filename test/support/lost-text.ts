import type { Page } from "playwright-core";

/**
 * Returns the texts that can't be read in the window, one string each: cut off by an element around them, or
 * beyond the window's sides. Texts that are cut on purpose have an ellipsis or a tooltip.
 */
export function lostTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const ROUNDING = 2;
    const isHidden = (element: Element): boolean =>
      element.closest(".visually-hidden, [hidden]") !== null || !element.checkVisibility();
    const isCutOnPurpose = (element: Element): boolean =>
      element.closest("[title]") !== null || getComputedStyle(element).textOverflow === "ellipsis";
    const cuts = (element: Element): boolean => getComputedStyle(element).overflow !== "visible";
    const contains = (outer: DOMRect, inner: DOMRect): boolean =>
      inner.left >= outer.left - ROUNDING &&
      inner.right <= outer.right + ROUNDING &&
      inner.top >= outer.top - ROUNDING &&
      inner.bottom <= outer.bottom + ROUNDING;

    const problemOf = (text: Text, parent: Element): string | null => {
      const range = document.createRange();
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      if (box.width === 0) return null;
      for (let at: Element | null = parent; at && at !== document.body; at = at.parentElement) {
        if (isCutOnPurpose(at)) return null;
        if (cuts(at) && !contains(at.getBoundingClientRect(), box)) return `cut by ${at.className}`;
      }
      const { clientWidth } = document.documentElement;
      const isOutside = box.left < -ROUNDING || box.right > clientWidth + ROUNDING;
      return isOutside ? "beyond the window" : null;
    };

    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const lost: string[] = [];
    for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
      const parent = text.parentElement;
      if (!(text instanceof Text) || text.data.trim() === "" || parent === null) continue;
      if (isHidden(parent) || parent.closest("select, textarea") !== null) continue;
      const problem = problemOf(text, parent);
      if (problem !== null) lost.push(`“${text.data}” is ${problem}`);
    }
    return lost;
  });
}
