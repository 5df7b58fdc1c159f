import { ALARM_RETRIES } from "../../../storage/testing/platform.ts";
import type { Core } from "../core.ts";
import type { Host } from "../time/host.ts";
import type { CallOutcome } from "./object.ts";
import type { Alarm, Disk } from "./storage.ts";

/** Runs the alarm handler of a Durable Object when its alarm is due, until it succeeds. */
export class AlarmClock {
  readonly #core: Core;
  readonly #host: Host;
  readonly #disk: Disk;
  readonly #runHandler: (done: (outcome: CallOutcome | null) => void) => void;
  #unschedule: () => void = () => undefined;
  #isRunning = false;

  /** @param runHandler passes its outcome to `done`: null if the object died */
  constructor(
    core: Core,
    host: Host,
    disk: Disk,
    runHandler: (done: (outcome: CallOutcome | null) => void) => void,
  ) {
    this.#core = core;
    this.#host = host;
    this.#disk = disk;
    this.#runHandler = runHandler;
  }

  /** Schedules the alarm that is on the disk. Call it whenever that has changed. */
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
      // An alarm that the handler has set stays.
      if (this.#disk.alarm === alarm) this.#disk.alarm = this.#retryOf(alarm, outcome);
      this.reschedule();
    });
  }

  /** Returns the alarm of the next attempt; null if there is none. */
  #retryOf({ failures }: Alarm, outcome: CallOutcome | null): Alarm | null {
    const hasThrown = outcome !== null && "error" in outcome;
    if (outcome !== null && !hasThrown) return null;
    const counted = failures + (hasThrown ? 1 : 0);
    if (counted > ALARM_RETRIES.retries) return null;
    const wait = ALARM_RETRIES.firstMs * 2 ** failures;
    return { time: this.#core.scheduler.now + wait, failures: counted };
  }
}
