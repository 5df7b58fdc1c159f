import { limitOf } from "../../durable-objects/index.ts";

/** How slowly a body may come. */
export interface MinRate {
  /** What it has to bring, on the average of the time in which it is waited for. */
  bytesPerSecond: number;
  /** By how much it may be late: as long as nothing may come at all. */
  graceMs: number;
}

/** How often in its grace a body is looked at. */
const CHECKS_PER_GRACE = 4;

/**
 * Bytes that a body is given time for before they are seen: slow ones are read in pieces of no more.
 * One that came fast until now is waited for in larger pieces, and gets no more time for them.
 */
const CHUNK_ALLOWANCE_BYTES = 128 * 1024;

/** As the operator has set it (`BODY_BYTES_PER_SECOND`, `BODY_GRACE_SECONDS`); null is any pace. */
export function minRateOf({ BODY_BYTES_PER_SECOND, BODY_GRACE_SECONDS }: Env): MinRate | null {
  const bytesPerSecond = limitOf(BODY_BYTES_PER_SECOND);
  const graceSeconds = limitOf(BODY_GRACE_SECONDS);
  if (bytesPerSecond === null || graceSeconds === null) return null;
  return { bytesPerSecond, graceMs: graceSeconds * 1000 };
}

/**
 * Watches the pace of one body. Each byte that comes buys time, and each moment in which somebody
 * waits for the next one costs it: while nobody reads, as when R2 is slow, the client need not send.
 * One timer for the whole body, so that a read costs no more than it did.
 */
export class MinRateGuard {
  readonly #minRate: MinRate;
  readonly #onTooSlow: () => void;
  #timer: ReturnType<typeof setInterval> | null = null;
  /** How much longer the body may be waited for, in ms: never more than its grace. */
  #budgetMs: number;
  /** Bytes since the last look. */
  #receivedBytes = 0;
  /** Bytes that are waited for; null while nobody reads. */
  #awaitedBytes: number | null = null;

  /** @param onTooSlow is told once, while the body is waited for */
  constructor(pace: MinRate, onTooSlow: () => void) {
    this.#minRate = pace;
    this.#budgetMs = pace.graceMs;
    this.#onTooSlow = onTooSlow;
  }

  /** Somebody waits, until there are so many bytes: what comes before is not seen. */
  waiting(bytes: number): void {
    this.#awaitedBytes = bytes;
    this.#timer ??= setInterval(() => this.#check(), this.#periodMs);
  }

  /** So many bytes have come. */
  received(bytes: number): void {
    this.#awaitedBytes = null;
    this.#receivedBytes += bytes;
  }

  /** Nothing more is waited for. */
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
    const unseen = Math.min(awaited ?? 0, CHUNK_ALLOWANCE_BYTES);
    if (awaited === null || this.#budgetMs + this.#msFor(unseen) > 0) return;
    this.end();
    this.#onTooSlow();
  }

  /** How long so many bytes may take. */
  #msFor(bytes: number): number {
    return (bytes / this.#minRate.bytesPerSecond) * 1000;
  }
}
