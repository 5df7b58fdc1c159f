/**
 * A request that was split because it got no response. If all of its files arrive in shorter requests, no
 * file was refused, and its length may have been the reason.
 */
export class Split {
  readonly #onArrived: () => void;
  /** Requests that have not arrived. */
  #left: number;

  /** @param onArrived called once all `count` requests have arrived */
  constructor(count: number, onArrived: () => void) {
    this.#left = count;
    this.#onArrived = onArrived;
  }

  /** Call when one of the requests got a response of the server's. */
  arrived(): void {
    this.#left--;
    if (this.#left === 0) this.#onArrived();
  }
}
