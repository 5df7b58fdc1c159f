import type { Host } from "./host.ts";
import type { Scheduler } from "./scheduler.ts";

/** The longest delay of a timer in Node. Timers with a longer one fire at once, here as well. */
const MAX_DELAY_MS = 2 ** 31 - 1;

interface Timer {
  host: Host;
  cancel: () => void;
}

/** The timers of all hosts. The timers of a dead host do not fire. */
export class Timers {
  readonly #scheduler: Scheduler;
  readonly #set = new Map<number, Timer>();
  #latest = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  setTimeout(run: () => void, ms: number): number {
    const id = ++this.#latest;
    this.#arm(id, ms, () => {
      this.clear(id);
      run();
    });
    return id;
  }

  setInterval(run: () => void, ms: number): number {
    const id = ++this.#latest;
    const repeat = () => {
      this.clear(id);
      this.#arm(id, ms, repeat);
      run();
    };
    this.#arm(id, ms, repeat);
    return id;
  }

  clear(id: unknown): void {
    const timer = typeof id === "number" ? this.#set.get(id) : undefined;
    if (typeof id !== "number" || !timer) return;
    timer.cancel();
    timer.host.timers--;
    this.#set.delete(id);
  }

  #arm(id: number, ms: number, run: () => void): void {
    const wait = ms > MAX_DELAY_MS ? 1 : Math.max(1, ms);
    const host = this.#scheduler.current;
    host.timers++;
    this.#set.set(id, { host, cancel: this.#scheduler.after(wait, host, "timer", run) });
  }
}
