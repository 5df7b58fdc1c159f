import { batch, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import { glide } from "./glide.ts";

type Progress = Pick<Ledger, "percentComplete" | "percentSent" | "totals">;

/** Where the two tones of the overall bar stand, 0 to 100. They follow the ledger calmly. */
export class OverallBar {
  readonly confirmed = signal(0);
  /** Never behind what is confirmed. */
  readonly sent = signal(0);
  #work = 0;
  #mayFall = false;

  /**
   * Moves by one frame.
   * @param isSeen does anybody see it move? If not, it goes at once to where it belongs
   * @returns whether it has further to go
   */
  move(ledger: Progress, isSeen: boolean): boolean {
    const { percentComplete: confirmed, percentSent } = ledger;
    const sent = Math.max(confirmed, percentSent);
    const mayFall = this.#noteWork(ledger) || !isSeen;
    if (confirmed < this.confirmed.peek()) this.#mayFall = false;
    batch(() => {
      this.confirmed.value = isSeen ? glide(this.confirmed.peek(), confirmed, mayFall) : confirmed;
      this.sent.value = isSeen ? glide(this.sent.peek(), sent, mayFall) : sent;
    });
    return this.confirmed.peek() < confirmed || this.sent.peek() < sent;
  }

  /**
   * Files added, or failed ones tried again, are more work, and the bar may go back once for it.
   * Files that a broken connection put back into the queue are the same work as before.
   */
  #noteWork({ totals }: Progress): boolean {
    const work = totals.files - totals.failed;
    if (work > this.#work && this.confirmed.peek() > 0) this.#mayFall = true;
    this.#work = work;
    return this.#mayFall;
  }
}
