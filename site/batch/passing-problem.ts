import type { Signal } from "@preact/signals";
import type { ClientProblem } from "../../client/index.ts";

/** Time for which a problem is shown at least, in milliseconds: long enough to read what to do. */
const READ_MS = 10_000;

interface Movement {
  /** True if something has moved since the last sample. */
  hasMoved: boolean;
  /** False if the problem stays even if something moves. */
  mayPass: boolean;
}

/** Removes the problem of one action from the page once the batch goes on. */
export class PassingProblem {
  readonly #shown: Signal<ClientProblem | null>;
  #last: ClientProblem | null = null;
  #shownAtMs = 0;
  #hasMoved = false;

  /** @param shown the problem that is shown; null without one */
  constructor(shown: Signal<ClientProblem | null>) {
    this.#shown = shown;
  }

  /** @param nowMs a monotonic clock, in milliseconds */
  sample({ hasMoved, mayPass }: Movement, nowMs: number): void {
    const problem = this.#shown.peek();
    if (problem !== this.#last) {
      [this.#last, this.#shownAtMs, this.#hasMoved] = [problem, nowMs, false];
      return;
    }
    this.#hasMoved ||= hasMoved;
    const isRead = nowMs - this.#shownAtMs >= READ_MS;
    if (problem !== null && mayPass && isRead && this.#hasMoved) this.#shown.value = null;
  }
}
