/**
 * Whatever runs code and can die of its own: a page, one request in a Worker, one life of a Durable
 * Object between two starts. Code of a dead host never runs again: what it awaits never comes.
 */
export class Host {
  readonly name: string;
  /** ms by which its clock is ahead of true time. */
  clockOffset = 0;
  /** Until then (true time, ms) none of its code runs: a tab in the background, a laptop asleep. */
  frozenUntil = 0;
  isOffline = false;
  /** Cuts each of its open connections: noticed by this host at once, or silently. */
  readonly connections = new Set<(silently: boolean) => void>();
  /** Timers that are set. */
  timers = 0;
  /** What `online` and `offline` are told to. */
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
    for (const mourn of this.#deathListeners.splice(0)) mourn();
    this.disconnect(true);
  }

  /** Cuts all that is open. */
  disconnect(silently: boolean): void {
    for (const cut of this.connections) cut(silently);
  }

  /** Calls `listener` once the host dies. */
  onDeath(listener: () => void): void {
    this.#deathListeners.push(listener);
  }
}
