import { createContext } from "preact";

/** A smaller change is rounding. */
const MIN_SHIFT_PX = 1;

/** When something above the rows has moved all of them, such as a note that appeared. */
export class LayoutShifts {
  /** Time of the last one, in ms. */
  at = Number.NEGATIVE_INFINITY;
  #top = Number.NaN;

  /** Watches the place of an element in the document. @returns stops */
  watch(element: Element): () => void {
    // Whatever moves the rows changes the height of the document. This is called before it is drawn.
    const heights = new ResizeObserver(() => this.#measure(element));
    heights.observe(document.body);
    return () => heights.disconnect();
  }

  #measure(element: Element): void {
    const top = element.getBoundingClientRect().top + scrollY;
    if (Math.abs(top - this.#top) >= MIN_SHIFT_PX) this.at = performance.now();
    this.#top = top;
  }
}

/** The shifts of the rows inside. */
export const RowShifts = createContext(new LayoutShifts());
