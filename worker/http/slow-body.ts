import { validSettings } from "../settings.ts";

/** The slowest body that is accepted. */
export interface MinRate {
  /** Average over the time in which the Worker waits for the body. */
  bytesPerSecond: number;
  /** Allowed lag behind that rate, and so the longest allowed silence. */
  graceMs: number;
}

/** Checks of a body in its grace period. */
const CHECKS_PER_GRACE = 4;

/** Returns the minimum rate of request bodies; null for no limit. */
export function minBodyRate(env: Env): MinRate | null {
  const { bodyBytesPerSecond = null, bodyGraceMs = null } = validSettings(env) ?? {};
  if (bodyBytesPerSecond === null || bodyGraceMs === null) return null;
  return { bytesPerSecond: bodyBytesPerSecond, graceMs: bodyGraceMs };
}

/**
 * Enforces the minimum rate of one body. A time budget grows with each received byte and shrinks while
 * a read is pending. While the Worker does not read, as when R2 is slow, the client need not send, and
 * the budget stays. One interval per body keeps reads as cheap as without a guard.
 */
export class MinRateGuard {
  readonly #minRate: MinRate;
  readonly #onTooSlow: () => void;
  #timer: ReturnType<typeof setInterval> | null = null;
  /** Remaining time, at most the grace period. */
  #budgetMs: number;
  /** Bytes since the last check. */
  #receivedBytes = 0;
  /** Bytes that the pending read waits for; null if none is pending. */
  #awaitedBytes: number | null = null;

  /** @param onTooSlow called at most once, while a read is pending */
  constructor(minRate: MinRate, onTooSlow: () => void) {
    this.#minRate = minRate;
    this.#budgetMs = minRate.graceMs;
    this.#onTooSlow = onTooSlow;
  }

  /** A read waits for `bytes`, and sees none before they are complete. */
  waiting(bytes: number): void {
    this.#awaitedBytes = bytes;
    this.#timer ??= setInterval(() => this.#check(), this.#periodMs);
  }

  /** The pending read returned `bytes`. */
  received(bytes: number): void {
    this.#awaitedBytes = null;
    this.#receivedBytes += bytes;
  }

  /** Stops the guard. */
  end(): void {
    clearInterval(this.#timer);
  }

  get #periodMs(): number {
    return this.#minRate.graceMs / CHECKS_PER_GRACE;
  }

  #check(): void {
    const { graceMs } = this.#minRate;
    const awaited = this.#awaitedBytes;
    const waitedMs = awaited === null ? 0 : this.#periodMs;
    this.#budgetMs = Math.min(
      graceMs,
      this.#budgetMs + this.#msFor(this.#receivedBytes) - waitedMs,
    );
    this.#receivedBytes = 0;
    // Bytes of the pending read may have arrived, and are not counted yet.
    if (awaited === null || this.#budgetMs + this.#msFor(awaited) > 0) return;
    this.end();
    this.#onTooSlow();
  }

  /** Returns the time that `bytes` may take, in ms. */
  #msFor(bytes: number): number {
    return (bytes / this.#minRate.bytesPerSecond) * 1000;
  }
}
