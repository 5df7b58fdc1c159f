import type { Signal } from "@preact/signals";

/** Shortest time between two announcements, in ms. */
export const GAP_MS = 10_000;

/**
 * From the least to the most important.
 *
 * | importance | meaning |
 * |---|---|
 * | `progress` | a milestone, which any other text replaces |
 * | `change` | the batch or the page changed its state |
 * | `outcome` | a batch ended, can't go on, or has a failure: no change after it replaces it |
 * | `urgent` | a person has seconds to act: it does not wait, but the next text waits for it |
 */
const IMPORTANCES = ["progress", "change", "outcome", "urgent"] as const;

export type Importance = (typeof IMPORTANCES)[number];

interface Announced {
  text: string;
  importance: Importance;
}

/**
 * Decides what screen readers announce. Sources give it a text while that text is true. At most one is
 * announced in ten seconds: a stream of them would leave a person no time to do anything on the page. Texts
 * that come meanwhile wait: the latest of the most important ones is announced, if it is still true then.
 */
export class Announcer {
  readonly #text: Signal<string>;
  #current: Announced | null = null;
  #waiting: Announced | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param text the text of the live region */
  constructor(text: Signal<string>) {
    this.#text = text;
  }

  /** @returns withdraws the text, which is not true any more */
  announce(text: string, importance: Importance = "change"): () => void {
    const announced = { text, importance };
    if (this.#timer === undefined || importance === "urgent") this.#say(announced);
    else if (this.#waiting === null || isReplaced(this.#waiting, announced))
      this.#waiting = announced;
    return () => {
      if (this.#waiting === announced) this.#waiting = null;
      // An emptied region is not announced.
      if (this.#current === announced) this.#text.value = "";
    };
  }

  #say(announced: Announced): void {
    clearTimeout(this.#timer);
    this.#current = announced;
    this.#text.value = announced.text;
    this.#timer = setTimeout(() => this.#endGap(), GAP_MS);
  }

  #endGap(): void {
    this.#timer = undefined;
    // Read once, and not found again by a person who reads the page line by line.
    this.#text.value = "";
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) this.#say(waiting);
  }
}

function isReplaced(waiting: Announced, by: Announced): boolean {
  return IMPORTANCES.indexOf(by.importance) >= IMPORTANCES.indexOf(waiting.importance);
}
