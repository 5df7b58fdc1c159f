import { connectionFailed } from "../errors.ts";

/**
 * A connection on which nothing moves is given up after this long: networks vanish without a word.
 * Long enough for what a slow line still holds in its buffers when the last byte counts as sent.
 */
const STALL_MS = 120_000;

/** Aborts a request on which nothing has moved for a while. */
export class StallGuard {
  /** Aborts when the request is stuck, or with the signal that the guard was made from. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    this.moved();
  }

  /** Something moved: the wait begins anew. */
  moved(): void {
    this.end();
    this.#timer = setTimeout(() => this.#giveUp(), STALL_MS);
  }

  /** The request is over. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #giveUp(): void {
    this.#controller.abort(connectionFailed(new Error("Nothing moved for two minutes.")));
  }
}
