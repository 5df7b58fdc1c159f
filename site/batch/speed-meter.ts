import type { ReadonlySignal, Signal } from "@preact/signals";
import type { ConnectionState, Outage } from "../../client/index.ts";
import type { BatchResource } from "../../protocol/index.ts";
import type { Counts } from "./counts.ts";
import { Growth } from "./growth.ts";
import type { KnownFiles } from "./overall-bar.ts";
import { remainingOf } from "./remaining.ts";
import { secondsLeft, TimeLeft } from "./time-left.ts";
import type { Wait } from "./wait.ts";

/** The parts of a board that are measured. */
export interface MeasuredBoard {
  ledger: KnownFiles;
  batch: ReadonlySignal<Pick<BatchResource, "state"> | null>;
  connection: ReadonlySignal<ConnectionState>;
  outage: ReadonlySignal<Outage | null>;
  wait: ReadonlySignal<Pick<Wait, "ms"> | null>;
  counts: ReadonlySignal<Counts>;
  isGrowing: ReadonlySignal<boolean>;
  /** Receives the results. */
  meter: Readonly<Record<"speed" | "secondsLeft", Signal<number | null>>>;
}

const TICK_MS = 500;

/**
 * Measures speed and time left of a batch. Sampled by a timer, so that a stall shows as well.
 *
 * @returns stops it
 */
export function startMeter(board: MeasuredBoard): () => void {
  const meter = new SpeedMeter();
  const timer = setInterval(() => meter.sample(board, performance.now()), TICK_MS);
  return () => clearInterval(timer);
}

class SpeedMeter {
  readonly #growth = { bytes: new Growth(), files: new Growth() };
  readonly #timeLeft = new TimeLeft();

  sample(board: MeasuredBoard, nowMs: number): void {
    const { bytes, files } = this.#growth;
    bytes.sample(board.ledger.totals.receivedBytes, nowMs);
    files.sample(board.ledger.totals.completed, nowMs);
    const remaining = remainingOf(board.ledger, board.counts.value);
    if (remaining.files === 0 || isInterrupted(board))
      for (const each of [bytes, files]) each.clear();
    board.meter.speed.value = bytes.perSecond(nowMs);
    const estimate = board.isGrowing.value ? null : secondsLeft(remaining, this.#growth, nowMs);
    board.meter.secondsLeft.value = this.#timeLeft.update(estimate, nowMs);
  }
}

/** A shorter wait is part of the speed at which a busy server takes files. */
const LONG_WAIT_MS = 10_000;

/** True if nothing arrives, or nothing is known about it. The rates afterwards may be others. */
function isInterrupted({ batch, connection, outage, wait }: MeasuredBoard): boolean {
  const isAway = connection.value === "offline" || outage.value !== null;
  const isLongWait = (wait.value?.ms ?? 0) >= LONG_WAIT_MS;
  return isAway || isLongWait || batch.value?.state === "paused";
}
