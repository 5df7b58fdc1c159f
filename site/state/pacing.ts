import { signal } from "@preact/signals";
import type { Board } from "./board.ts";
import { Rate, TimeLeft } from "./pace.ts";

const TICK_MS = 500;

/** Speed and time left of one batch, sampled by the clock so that standing still shows as well. */
export class Pacing {
  /** Bytes per second; null while nobody can tell. */
  readonly speed = signal<number | null>(null);
  /** Seconds, rounded; null while nobody can tell. */
  readonly left = signal<number | null>(null);
  readonly #bytes = new Rate();
  readonly #percent = new Rate();
  readonly #timeLeft = new TimeLeft();

  /** Begins to sample; the answer is the function that ends it. */
  start(board: Board): () => void {
    const timer = setInterval(() => this.#tick(board, performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }

  #tick(board: Board, nowMs: number): void {
    if (isFollowed(board)) this.#sample(board, nowMs);
    else this.#pause();
    this.speed.value = this.#bytes.perSecond;
    const remaining = 100 - board.ledger.percentComplete;
    this.left.value = this.#timeLeft.update(remaining, this.#percent.perSecond);
  }

  #sample(board: Board, nowMs: number): void {
    this.#bytes.sample(board.ledger.totals.receivedBytes, nowMs);
    this.#percent.sample(board.ledger.percentComplete, nowMs);
  }

  // What was done unseen arrives at once afterwards, and would look like a burst of speed.
  #pause(): void {
    this.#bytes.pause();
    this.#percent.pause();
  }
}

function isFollowed(board: Board): boolean {
  const connection = board.connection.value;
  return board.batch.value !== null && (connection === "live" || connection === "polling");
}
