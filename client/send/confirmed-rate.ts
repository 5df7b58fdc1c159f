/** Bytes that were confirmed up to a time, both since the start. */
interface Mark {
  ms: number;
  bytes: number;
}

/** The rate is the highest of the last half second and of the last few: it may double in one. */
const WINDOWS_MS = [500, 4000];
/** Marks are at least this far apart, so that few are kept. */
const MARK_MS = 50;

/**
 * The rate at which the server confirms bytes. Only time counts in which requests are in flight, so
 * pauses and outages don't lower it.
 */
export class ConfirmedRate {
  #bytes = 0;
  /** Time with requests in flight, without the current one. */
  #busyMs = 0;
  #busySince: number | null = null;
  #requests = 0;
  /** The oldest first. */
  #marks: Mark[] = [{ ms: 0, bytes: 0 }];

  /** Confirmed bytes since the start. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A request is in flight from now on. */
  begin(now: number): void {
    if (this.#requests++ === 0) this.#busySince = now;
  }

  /** A request has ended. */
  end(now: number): void {
    this.#requests--;
    if (this.#requests > 0) return;
    this.#busyMs = this.#busyAt(now);
    this.#busySince = null;
  }

  /** Records confirmed bytes. */
  add(bytes: number, now: number): void {
    this.#bytes += bytes;
    const ms = this.#busyAt(now);
    const last = this.#marks.at(-1);
    if (last && this.#marks.length > 1 && ms - last.ms < MARK_MS) last.bytes = this.#bytes;
    else this.#marks.push({ ms, bytes: this.#bytes });
    const oldest = this.#oldestAfter(ms - Math.max(...WINDOWS_MS));
    this.#marks = this.#marks.slice(oldest);
  }

  /** Returns bytes per second; 0 if none were confirmed. */
  at(now: number): number {
    const ms = this.#busyAt(now);
    const rates = WINDOWS_MS.map((window) => {
      const start = this.#marks[this.#oldestAfter(ms - window)];
      return start && ms > start.ms ? (this.#bytes - start.bytes) / (ms - start.ms) : 0;
    });
    return 1000 * Math.max(...rates);
  }

  #busyAt(now: number): number {
    return this.#busyMs + (this.#busySince === null ? 0 : now - this.#busySince);
  }

  /** Returns the index of the last mark before a time: what came later has come since that mark. */
  #oldestAfter(ms: number): number {
    return Math.max(
      0,
      this.#marks.findLastIndex((mark) => mark.ms <= ms),
    );
  }
}
