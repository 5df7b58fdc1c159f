import { connectionFailed } from "../errors.ts";

/**
 * Time without progress after which a connection counts as lost: a network may vanish unnoticed.
 * Long enough for a slow line to empty its buffers after the last byte counts as sent.
 */
const STALL_MS = 120_000;

/** Aborts a request that makes no progress for two minutes. */
export class StallGuard {
  /** Aborts when the request stalls, or with the signal that the guard was created with. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    this.moved();
  }

  /** Call on progress: restarts the timer. */
  moved(): void {
    this.end();
    this.#timer = setTimeout(() => this.#abort(), STALL_MS);
  }

  /** Call when the request has ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #abort(): void {
    this.#controller.abort(connectionFailed(new Error("No progress for two minutes.")));
  }
}
