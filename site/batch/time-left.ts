import type { Growth } from "./growth.ts";

/** The rest of a batch that has to arrive. */
export interface Remaining {
  bytes: number;
  files: number;
}

/** A longer estimate is absurd: the batch expires before, or the line hardly carries anything. */
const LONGEST_S = 30 * 86_400;

/**
 * Returns the seconds until the rest has arrived, by the scarcer of two: bytes, or files, each of which
 * takes a request's and the storage's time, however small it is. Null while unknown.
 */
export function secondsLeft(
  remaining: Remaining,
  { bytes, files }: Readonly<Record<keyof Remaining, Growth>>,
  nowMs: number,
): number | null {
  const byteRate = remaining.bytes === 0 ? Number.POSITIVE_INFINITY : bytes.perSecond(nowMs);
  const fileRate = files.perSecond(nowMs);
  if (byteRate === null || (remaining.bytes === 0 && fileRate === null)) return null;
  // Few files in the measured time may be few by chance, and the larger of two guesses is often too large.
  const likelyRate =
    (fileRate ?? Number.POSITIVE_INFINITY) * (1 + 1 / Math.sqrt(files.bursts || 1));
  const seconds = Math.max(remaining.bytes / byteRate, remaining.files / likelyRate);
  return seconds < LONGEST_S ? seconds : null;
}

/** Rounding steps, in seconds: at most a tenth of the times that are rounded to them, or a second. */
const STEPS = [
  { below: 30, step: 1 },
  { below: 120, step: 5 },
  { below: 600, step: 15 },
  { below: 3600, step: 60 },
] as const;
const COARSEST_S = 300;

/** Rounds seconds to a step that grows with them. */
export function roundedTimeLeft(seconds: number): number {
  const step = STEPS.find(({ below }) => seconds < below)?.step ?? COARSEST_S;
  return Math.max(1, Math.round(seconds / step) * step);
}

/** The shown time follows the estimate once it differs by more than this share of it. */
const TOLERANCE = 0.07;

/** Time left that counts down like a clock, instead of following the noise of the estimates. */
export class TimeLeft {
  #endMs: number | null = null;

  /**
   * @param seconds the estimate; null while unknown
   * @param nowMs a monotonic clock, in milliseconds
   * @returns seconds to show, rounded; null while unknown
   */
  update(seconds: number | null, nowMs: number): number | null {
    if (seconds === null) this.#endMs = null;
    else this.#endMs = followed(this.#endMs, nowMs + seconds * 1000, nowMs);
    return this.#endMs === null ? null : roundedTimeLeft((this.#endMs - nowMs) / 1000);
  }
}

function followed(shownMs: number | null, endMs: number, nowMs: number): number {
  const isNoise = shownMs !== null && Math.abs(shownMs - endMs) <= (endMs - nowMs) * TOLERANCE;
  return isNoise ? shownMs : endMs;
}
