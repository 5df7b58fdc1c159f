import { batch, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import { easeToward } from "../ui/ease-toward.ts";

type Progress = Pick<Ledger, "percentComplete" | "percentSent" | "totals">;

/** The two values of the overall bar, 0 to 100. They follow the ledger smoothly. */
export class OverallBar {
  readonly confirmed = signal(0);
  /** Never less than `confirmed`. */
  readonly sent = signal(0);
  #files = 0;
  #work = 0;
  #percent = 0;
  #mayFall = false;
  /** A percentage that was computed before files were added, and doesn't include them. */
  #outdated: number | null = null;

  /**
   * Moves the bar by one frame.
   *
   * @param isAnimated false moves it to its target at once
   * @returns true if it has not reached its target
   */
  move(ledger: Progress, isAnimated: boolean): boolean {
    this.#trackWork(ledger);
    if (isAnimated && this.#outdated !== null) return false;
    const { percentComplete: confirmed, percentSent } = ledger;
    const sent = Math.max(confirmed, percentSent);
    const next = (shown: number, target: number): number =>
      isAnimated ? easeToward(shown, target, this.#mayFall) : target;
    batch(() => {
      this.sent.value = next(this.sent.peek(), sent);
      this.confirmed.value = next(this.confirmed.peek(), confirmed);
    });
    this.#mayFall &&= this.confirmed.peek() !== confirmed;
    return this.confirmed.peek() < confirmed || this.sent.peek() < sent;
  }

  /**
   * Lets the bar fall once when there is more work: files were added, or failed files are retried.
   * Files that are queued again after a broken connection are no additional work.
   */
  #trackWork({ totals, percentComplete }: Progress): void {
    const work = totals.files - totals.failed;
    if (work > this.#work && this.confirmed.peek() > 0) this.#mayFall = true;
    // The uploader counts added files before the server's percentage includes them. Both may also
    // arrive in the same frame.
    if (totals.files > this.#files) this.#outdated = this.#percent;
    if (percentComplete !== this.#outdated) this.#outdated = null;
    this.#files = totals.files;
    this.#percent = percentComplete;
    this.#work = work;
  }
}
