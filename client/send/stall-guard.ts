import { timedOut } from "../errors.ts";

/** Time without progress after which a connection counts as lost: a network may vanish unnoticed. */
const STALL_MS = 120_000;

/**
 * Aborts a request that makes no progress for two minutes. Bytes count as sent when the system takes
 * them, and a slow line may need longer than that to empty its buffers. So bytes that the server has
 * received meanwhile are progress, too.
 */
export class StallGuard {
  /** Aborts when the request stalls, or with the signal that the guard was created with. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #receivedBytes: () => number;
  #lastReceived: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param receivedBytes returns the bytes that the server has of the request's files, as far as known */
  constructor(signal: AbortSignal, receivedBytes: () => number) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    this.#receivedBytes = receivedBytes;
    this.#lastReceived = receivedBytes();
    this.moved();
  }

  /** Call on progress: restarts the timer. */
  moved(): void {
    this.end();
    this.#timer = setTimeout(() => this.#onSilence(), STALL_MS);
  }

  /** Call when the request has ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #onSilence(): void {
    const received = this.#receivedBytes();
    const hasMoved = received > this.#lastReceived;
    this.#lastReceived = received;
    if (hasMoved) this.moved();
    else this.#abort();
  }

  #abort(): void {
    this.#controller.abort(timedOut("No progress for two minutes."));
  }
}
