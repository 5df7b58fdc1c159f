import { timedOut } from "../errors.ts";
import { anySignal } from "../transport/any-signal.ts";
import type { FlowControl } from "./flow-control.ts";

/** Time without progress after which a connection counts as lost: a network may vanish unnoticed. */
const STALL_MS = 120_000;
/** Share of the bytes in flight that may be confirmed before a request that isn't among them is lost. */
const CONFIRMED_SHARE = 2;

/**
 * Aborts a request that makes no progress for two minutes. While the network accepts its bytes, that
 * is progress. Then it waits behind the other requests: bytes that the server confirms of any of them
 * are progress, too, until its own turn must have come.
 */
export class StallGuard {
  /** Aborts when the request stalls, or with the signal that the guard was created with. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #flow: Pick<FlowControl, "confirmed" | "unconfirmed">;
  readonly #ownConfirmed: () => number;
  /** Confirmed bytes of all requests after which only this request's own are progress. */
  #turn = Number.POSITIVE_INFINITY;
  #lastConfirmed: number;
  #lastOwn: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ownConfirmed returns the bytes that the server has confirmed of this request, as far as known */
  constructor(
    signal: AbortSignal,
    flow: Pick<FlowControl, "confirmed" | "unconfirmed">,
    ownConfirmed: () => number,
  ) {
    this.signal = anySignal([signal, this.#controller.signal]);
    this.#flow = flow;
    this.#ownConfirmed = ownConfirmed;
    this.#lastConfirmed = flow.confirmed;
    this.#lastOwn = ownConfirmed();
    this.#restart();
  }

  /** Call when the network has accepted bytes. @param isLast true if it has accepted the whole body */
  accepted(isLast: boolean): void {
    const { confirmed, unconfirmed } = this.#flow;
    if (isLast) this.#turn = confirmed + CONFIRMED_SHARE * unconfirmed;
    // Confirmed before, they would prolong the wait for a connection that is lost by now.
    this.#lastConfirmed = confirmed;
    this.#lastOwn = this.#ownConfirmed();
    this.#restart();
  }

  /** Call when the request has ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    this.end();
    this.#timer = setTimeout(() => this.#onSilence(), STALL_MS);
  }

  #onSilence(): void {
    if (this.#hasMoved()) this.#restart();
    else this.#controller.abort(timedOut("No progress for two minutes."));
  }

  #hasMoved(): boolean {
    const { confirmed } = this.#flow;
    const own = this.#ownConfirmed();
    const hasOthers = confirmed > this.#lastConfirmed && confirmed <= this.#turn;
    const hasOwn = own > this.#lastOwn;
    this.#lastConfirmed = confirmed;
    this.#lastOwn = own;
    return hasOwn || hasOthers;
  }
}
