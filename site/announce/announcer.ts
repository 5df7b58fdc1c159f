import type { Signal } from "@preact/signals";

/** Shortest time between two announcements, in ms. */
export const GAP_MS = 10_000;

/**
 * | importance | meaning |
 * |---|---|
 * | `progress` | a milestone, which any other text replaces |
 * | `change` | the batch or the page changed its state |
 * | `outcome` | a batch ended, can't go on, or has a failure: no change after it replaces it |
 * | `urgent` | a person has seconds to act: it does not wait, but the next text waits for it |
 */
export type Importance = "progress" | "change" | "outcome" | "urgent";

const RANKS: Readonly<Record<Importance, number>> = {
  progress: 0,
  change: 1,
  outcome: 2,
  urgent: 3,
};

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
  /** Null while nothing is true. */
  #current: Announced | null = null;
  #waiting: Announced | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param text the text of the live region */
  constructor(text: Signal<string>) {
    this.#text = text;
  }

  /** @returns withdraws the text, which is not true any more */
  announce(text: string, importance: Importance = "change"): () => void {
    const announced: Announced = { text, importance };
    if (this.#timer === null || importance === "urgent") this.#say(announced);
    else if (this.#waiting === null || isReplaced(this.#waiting, announced))
      this.#waiting = announced;
    return () => this.#withdraw(announced);
  }

  #say(announced: Announced): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#current = announced;
    this.#text.value = announced.text;
    this.#timer = setTimeout(() => this.#endGap(), GAP_MS);
  }

  #endGap(): void {
    this.#timer = null;
    // Read once, and not found again by a person who reads the page line by line.
    this.#clear();
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) this.#say(waiting);
  }

  #withdraw(announced: Announced): void {
    if (this.#waiting === announced) this.#waiting = null;
    if (this.#current === announced) this.#clear();
  }

  /** An emptied region is not announced. */
  #clear(): void {
    this.#current = null;
    this.#text.value = "";
  }
}

function isReplaced(waiting: Announced, by: Announced): boolean {
  return RANKS[by.importance] >= RANKS[waiting.importance];
}
