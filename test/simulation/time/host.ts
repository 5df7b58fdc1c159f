import type { Middlebox } from "../network/middlebox.ts";

/**
 * Anything that runs code and can die on its own: a page, a request in a Worker, an instance of a
 * Durable Object. The code of a dead host never runs again, as its timers and I/O never complete.
 */
export class Host {
  readonly name: string;
  /** Difference of its clock from the true time, in ms; positive if it is ahead. */
  clockOffset = 0;
  /** True time until which none of its code runs, in ms: a background tab, or a sleeping laptop. */
  frozenUntil = 0;
  isOffline = false;
  /** The system between it and the edge, if it is a page. */
  middlebox: Middlebox | null = null;
  /** Functions that break its open connections, silently or so that this host notices at once. */
  readonly connections = new Set<(silently: boolean) => void>();
  /** Number of pending timers. */
  timers = 0;
  /** Target of the `online` and `offline` events. */
  readonly events = new EventTarget();
  #isAlive = true;
  readonly #deathListeners: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const listener of this.#deathListeners.splice(0)) listener();
    this.disconnect(true);
  }

  /** Breaks all open connections. */
  disconnect(silently: boolean): void {
    for (const cut of this.connections) cut(silently);
  }

  /** Calls `listener` when the host dies. */
  onDeath(listener: () => void): void {
    this.#deathListeners.push(listener);
  }
}
