import type { Growth } from "./growth.ts";

/** The rest of a batch that has to arrive. */
export interface Remaining {
  bytes: number;
  files: number;
  /** Those of the files whose bytes have arrived. */
  processing: number;
}

/** A longer estimate is absurd: the batch expires before, or the line hardly carries anything. */
const LONGEST_S = 30 * 86_400;

/**
 * Files per second that a server stores at least if no bytes have to be waited for. A lower rate is no
 * measure for small files that share a slow line with large ones: they get faster once these are sent.
 */
const LEAST_FILES_PER_SECOND = 100;

/**
 * Returns the seconds until the rest has arrived, by the scarcest: bytes, files, each of which takes some
 * time however small it is, or their processing. Null while unknown.
 */
export function secondsLeft(
  { bytes, files, processing }: Remaining,
  growth: Readonly<Record<"bytes" | "files", Growth>>,
  nowMs: number,
): number | null {
  const byteRate = growth.bytes.perSecond(nowMs);
  const fileRate = growth.files.perSecond(nowMs);
  if (bytes === 0) return fileRate && bounded(files / fileRate);
  if (byteRate === null) return null;
  const processed = fileRate === null ? 0 : processing / fileRate;
  const stored = files / Math.max(fileRate ?? 0, LEAST_FILES_PER_SECOND);
  return bounded(Math.max(bytes / byteRate, stored, processed));
}

function bounded(seconds: number): number | null {
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
