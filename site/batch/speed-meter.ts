import { type ReadonlySignal, signal } from "@preact/signals";
import type { ConnectionState, Ledger } from "../../client/index.ts";
import { type BatchResource, FILE_STATES, isSettled } from "../../protocol/index.ts";
import type { Counts } from "./counts.ts";
import { Rate, TimeLeft } from "./time-left.ts";

/** The parts of a board that are measured. */
interface MeasuredBoard {
  ledger: Pick<Ledger, "totals" | "percentComplete">;
  batch: ReadonlySignal<Pick<BatchResource, "state"> | null>;
  connection: ReadonlySignal<ConnectionState>;
  counts: ReadonlySignal<Counts>;
  isGrowing: ReadonlySignal<boolean>;
}

const TICK_MS = 500;

/** Speed and time left of a batch. Sampled by a timer, so that a stall shows as well. */
export class SpeedMeter {
  /** Bytes per second; null while unknown. */
  readonly speed = signal<number | null>(null);
  /** Seconds, rounded; null while unknown. */
  readonly secondsLeft = signal<number | null>(null);
  #bytes = new Rate();
  #percent = new Rate();
  readonly #timeLeft = new TimeLeft();

  /** Starts sampling. @returns stops it */
  start(board: MeasuredBoard): () => void {
    const timer = setInterval(() => this.#tick(board, performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }

  #tick(board: MeasuredBoard, nowMs: number): void {
    const { percentComplete, totals } = board.ledger;
    // The speed before an interruption says nothing about the speed after it.
    if (board.connection.value === "offline") {
      this.#bytes = new Rate();
      this.#percent = new Rate();
    }
    const isKnown = isUpToDate(board);
    sampleOrPause(this.#bytes, isKnown ? totals.receivedBytes : null, nowMs);
    sampleOrPause(this.#percent, isKnown && !board.isGrowing.value ? percentComplete : null, nowMs);
    const isStill = isIdle(board);
    this.speed.value = isStill ? null : this.#bytes.perSecond;
    const perSecond = isStill || board.isGrowing.value ? null : this.#percent.perSecond;
    this.secondsLeft.value = this.#timeLeft.update(100 - percentComplete, perSecond);
  }
}

/** Pauses the rate while the amount is unknown (null), as the later update would look like a burst. */
function sampleOrPause(rate: Rate, amount: number | null, nowMs: number): void {
  if (amount === null) rate.pause();
  else rate.sample(amount, nowMs);
}

/** True if the batch is paused or all its files are settled. */
function isIdle({ batch, counts }: MeasuredBoard): boolean {
  const isPaused = batch.value?.state === "paused";
  return isPaused || FILE_STATES.every((state) => isSettled(state) || counts.value[state] === 0);
}

/** True if the ledger follows an active batch without delay. */
function isUpToDate(board: MeasuredBoard): boolean {
  const connection = board.connection.value;
  return (
    board.batch.value?.state === "active" && (connection === "live" || connection === "polling")
  );
}
