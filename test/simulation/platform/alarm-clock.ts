import type { Core } from "../core.ts";
import type { Host } from "../time/host.ts";
import type { CallOutcome } from "./object.ts";
import type { Alarm, Disk } from "./storage.ts";

/** A handler that throws is run again so often, ever later; then its alarm is forgotten. */
const MAX_FAILURES = 6;
const FIRST_RETRY_MS = 2000;

/** Wakes a Durable Object when its alarm is due: at least once, and again until its handler is done. */
export class AlarmClock {
  readonly #core: Core;
  readonly #host: Host;
  readonly #disk: Disk;
  readonly #runHandler: (done: (outcome: CallOutcome | null) => void) => void;
  #unschedule: () => void = () => undefined;
  #isRunning = false;

  /** @param ring runs the handler and tells what came of it; null where the object died meanwhile */
  constructor(
    core: Core,
    host: Host,
    disk: Disk,
    ring: (done: (outcome: CallOutcome | null) => void) => void,
  ) {
    this.#core = core;
    this.#host = host;
    this.#disk = disk;
    this.#runHandler = ring;
  }

  /** The alarm on the disk has changed. */
  reschedule(): void {
    const { random, scheduler } = this.#core;
    this.#unschedule();
    if (!this.#disk.alarm) return;
    const wait = Math.max(0, this.#disk.alarm.time - scheduler.now) + random.skewed(1, 500);
    this.#unschedule = scheduler.after(wait, this.#host, "alarm is due", () => this.#fire());
  }

  #fire(): void {
    const { alarm } = this.#disk;
    if (!alarm || this.#isRunning) return;
    this.#isRunning = true;
    this.#runHandler((outcome) => {
      this.#isRunning = false;
      // One that the handler has set stands.
      if (this.#disk.alarm === alarm) this.#disk.alarm = this.#next(alarm, outcome);
      this.reschedule();
    });
  }

  #next({ failures }: Alarm, outcome: CallOutcome | null): Alarm | null {
    const hasThrown = outcome !== null && "error" in outcome;
    if (outcome !== null && !hasThrown) return null;
    const counted = failures + (hasThrown ? 1 : 0);
    if (counted > MAX_FAILURES) return null;
    return { time: this.#core.scheduler.now + FIRST_RETRY_MS * 2 ** failures, failures: counted };
  }
}
