import { limitOf } from "../../durable-objects/index.ts";

/** How slowly a body may come. */
export interface LeastPace {
  /** What it has to bring, on the average of the time in which it is waited for. */
  bytesPerSecond: number;
  /** By how much it may be late: as long as nothing may come at all. */
  graceMs: number;
}

/** How often in its grace a body is looked at. */
const LOOKS = 4;

/**
 * Bytes that a body is given time for before they are seen: slow ones are read in pieces of no more.
 * One that came fast until now is waited for in larger pieces, and gets no more time for them.
 */
const UNSEEN_BYTES = 128 * 1024;

/** As the operator has set it (`BODY_BYTES_PER_SECOND`, `BODY_GRACE_SECONDS`); null is any pace. */
export function leastPaceOf({ BODY_BYTES_PER_SECOND, BODY_GRACE_SECONDS }: Env): LeastPace | null {
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
export class PaceWatch {
  readonly #pace: LeastPace;
  readonly #onTooSlow: () => void;
  #timer: ReturnType<typeof setInterval> | null = null;
  /** How much longer the body may be waited for, in ms: never more than its grace. */
  #leftMs: number;
  /** Bytes since the last look. */
  #came = 0;
  /** Bytes that are waited for; null while nobody reads. */
  #awaited: number | null = null;

  /** @param onTooSlow is told once, while the body is waited for */
  constructor(pace: LeastPace, onTooSlow: () => void) {
    this.#pace = pace;
    this.#leftMs = pace.graceMs;
    this.#onTooSlow = onTooSlow;
  }

  /** Somebody waits, until there are so many bytes: what comes before is not seen. */
  waits(bytes: number): void {
    this.#awaited = bytes;
    this.#timer ??= setInterval(() => this.#look(), this.#periodMs);
  }

  /** So many bytes have come. */
  came(bytes: number): void {
    this.#awaited = null;
    this.#came += bytes;
  }

  /** Nothing more is waited for. */
  end(): void {
    clearInterval(this.#timer);
  }

  get #periodMs(): number {
    return this.#pace.graceMs / LOOKS;
  }

  #look(): void {
    const { graceMs } = this.#pace;
    const awaited = this.#awaited;
    const waitedMs = awaited === null ? 0 : this.#periodMs;
    this.#leftMs = Math.min(graceMs, this.#leftMs + this.#msFor(this.#came) - waitedMs);
    this.#came = 0;
    const unseen = Math.min(awaited ?? 0, UNSEEN_BYTES);
    if (awaited === null || this.#leftMs + this.#msFor(unseen) > 0) return;
    this.end();
    this.#onTooSlow();
  }

  /** How long so many bytes may take. */
  #msFor(bytes: number): number {
    return (bytes / this.#pace.bytesPerSecond) * 1000;
  }
}
