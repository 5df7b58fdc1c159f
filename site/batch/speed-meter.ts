import { type ReadonlySignal, signal } from "@preact/signals";
import type { ConnectionState, Ledger } from "../../client/index.ts";
import { type BatchResource, FILE_STATES, isSettled } from "../../protocol/index.ts";
import type { Counts } from "./counts.ts";
import { Rate, TimeLeft } from "./time-left.ts";

/** What it has to know of a board. */
interface MeasuredBoard {
  ledger: Pick<Ledger, "totals" | "percentComplete">;
  batch: ReadonlySignal<Pick<BatchResource, "state"> | null>;
  connection: ReadonlySignal<ConnectionState>;
  counts: ReadonlySignal<Counts>;
  isGrowing: ReadonlySignal<boolean>;
}

const TICK_MS = 500;

/** Speed and time left of one batch, sampled by the clock so that standing still shows as well. */
export class SpeedMeter {
  /** Bytes per second; null while nobody can tell. */
  readonly speed = signal<number | null>(null);
  /** Seconds, rounded; null while nobody can tell. */
  readonly secondsLeft = signal<number | null>(null);
  #bytes = new Rate();
  #percent = new Rate();
  readonly #timeLeft = new TimeLeft();

  /** Begins to sample; the answer is the function that ends it. */
  start(board: MeasuredBoard): () => void {
    const timer = setInterval(() => this.#tick(board, performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }

  #tick(board: MeasuredBoard, nowMs: number): void {
    const { percentComplete, totals } = board.ledger;
    // How fast it went before the network went away says nothing of what comes after.
    if (board.connection.value === "offline") {
      this.#bytes = new Rate();
      this.#percent = new Rate();
    }
    const isSeen = isUpToDate(board);
    sampleOrPause(this.#bytes, isSeen ? totals.receivedBytes : null, nowMs);
    sampleOrPause(this.#percent, isSeen && !board.isGrowing.value ? percentComplete : null, nowMs);
    const isStill = isIdle(board);
    this.speed.value = isStill ? null : this.#bytes.perSecond;
    const perSecond = isStill || board.isGrowing.value ? null : this.#percent.perSecond;
    this.secondsLeft.value = this.#timeLeft.update(100 - percentComplete, perSecond);
  }
}

/** What was done unseen (null) arrives at once afterwards, and would look like a burst of speed. */
function sampleOrPause(rate: Rate, amount: number | null, nowMs: number): void {
  if (amount === null) rate.pause();
  else rate.sample(amount, nowMs);
}

/** Is nothing on its way or waiting its turn, or has somebody paused it? */
function isIdle({ batch, counts }: MeasuredBoard): boolean {
  const isPaused = batch.value?.state === "paused";
  return isPaused || FILE_STATES.every((state) => isSettled(state) || counts.value[state] === 0);
}

function isUpToDate(board: MeasuredBoard): boolean {
  const connection = board.connection.value;
  return (
    board.batch.value?.state === "active" && (connection === "live" || connection === "polling")
  );
}
