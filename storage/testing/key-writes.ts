import { WRITE_INTERVAL_MS } from "./platform.ts";
import { r2Error } from "./r2-errors.ts";

/**
 * R2's limit of writes: refuses a write to a key while another one lasts, and for a second after that
 * began. A write that fails because of its own bytes or its condition doesn't count: it has written
 * nothing.
 */
export class KeyWrites {
  readonly #now: () => number;
  readonly #latest = new Map<string, { startedAt: number; isRunning: boolean }>();

  /** @param now returns ms on a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Runs a write for as long as `effect` takes. @throws Error R2's 10058, or that of `effect` */
  async run<T>(call: string, key: string, effect: () => Promise<T>): Promise<T> {
    this.begin(call, key);
    try {
      const value = await effect();
      // A condition of the write did not hold.
      if (value === null) this.#latest.delete(key);
      else this.end(key);
      return value;
    } catch (error) {
      this.#latest.delete(key);
      throw error;
    }
  }

  /** Begins a call that writes to some keys, or to none if one is refused. @throws Error R2's 10058 */
  begin(call: string, ...keys: readonly string[]): void {
    const now = this.#now();
    if (keys.some((key) => this.#isRefused(key, now))) throw r2Error(call, "rateLimited");
    for (const key of keys) this.#latest.set(key, { startedAt: now, isRunning: true });
  }

  end(key: string): void {
    const latest = this.#latest.get(key);
    if (latest) latest.isRunning = false;
  }

  #isRefused(key: string, now: number): boolean {
    const latest = this.#latest.get(key);
    return latest !== undefined && (latest.isRunning || latest.startedAt + WRITE_INTERVAL_MS > now);
  }
}
