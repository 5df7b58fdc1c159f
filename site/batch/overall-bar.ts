import { batch, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import { easeToward } from "../ui/ease-toward.ts";

type Progress = Pick<Ledger, "percentComplete" | "percentSent" | "totals">;

/** Where the two tones of the overall bar stand, 0 to 100. They follow the ledger calmly. */
export class OverallBar {
  readonly confirmed = signal(0);
  /** Never behind what is confirmed. */
  readonly sent = signal(0);
  #files = 0;
  #work = 0;
  #percent = 0;
  #mayFall = false;
  /** A percentage of fewer files than there are now. */
  #outdated: number | null = null;

  /**
   * Moves by one frame.
   * @param isSeen does anybody see it move? If not, it goes at once to where it belongs
   * @returns whether it has further to go
   */
  move(ledger: Progress, isSeen: boolean): boolean {
    this.#trackWork(ledger);
    if (isSeen && this.#outdated !== null) return false;
    const { percentComplete: confirmed, percentSent } = ledger;
    const sent = Math.max(confirmed, percentSent);
    const to = (shown: number, truth: number): number =>
      isSeen ? easeToward(shown, truth, this.#mayFall) : truth;
    batch(() => {
      this.sent.value = to(this.sent.peek(), sent);
      this.confirmed.value = to(this.confirmed.peek(), confirmed);
    });
    this.#mayFall &&= this.confirmed.peek() !== confirmed;
    return this.confirmed.peek() < confirmed || this.sent.peek() < sent;
  }

  /**
   * Files added, or failed ones tried again, are more work, and the bar may go back once for it.
   * Files that a broken connection put back into the queue are the same work as before.
   */
  #trackWork({ totals, percentComplete }: Progress): void {
    const work = totals.files - totals.failed;
    if (work > this.#work && this.confirmed.peek() > 0) this.#mayFall = true;
    // The uploader knows of files that it has added before the server tells their share.
    // The server's first news of them may be here in the same frame.
    if (totals.files > this.#files) this.#outdated = this.#percent;
    if (percentComplete !== this.#outdated) this.#outdated = null;
    this.#files = totals.files;
    this.#percent = percentComplete;
    this.#work = work;
  }
}
