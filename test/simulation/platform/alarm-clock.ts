import type { Core } from "../core.ts";
import type { Host } from "../time/host.ts";
import type { Outcome } from "./object.ts";
import type { Alarm, Disk } from "./storage.ts";

/** A handler that throws is run again so often, ever later; then its alarm is forgotten. */
const RETRIES = 6;
const FIRST_RETRY_MS = 2000;

/** Wakes a Durable Object when its alarm is due: at least once, and again until its handler is done. */
export class AlarmClock {
  readonly #core: Core;
  readonly #host: Host;
  readonly #disk: Disk;
  readonly #ring: (done: (outcome: Outcome | null) => void) => void;
  #takeBack: () => void = () => undefined;
  #isRinging = false;

  /** @param ring runs the handler and tells what came of it; null where the object died meanwhile */
  constructor(
    core: Core,
    host: Host,
    disk: Disk,
    ring: (done: (outcome: Outcome | null) => void) => void,
  ) {
    this.#core = core;
    this.#host = host;
    this.#disk = disk;
    this.#ring = ring;
  }

  /** The alarm on the disk has changed. */
  set(): void {
    const { random, scheduler } = this.#core;
    this.#takeBack();
    if (!this.#disk.alarm) return;
    const wait = Math.max(0, this.#disk.alarm.time - scheduler.now) + random.skewed(1, 500);
    this.#takeBack = scheduler.after(wait, this.#host, "alarm is due", () => this.#fire());
  }

  #fire(): void {
    const { alarm } = this.#disk;
    if (!alarm || this.#isRinging) return;
    this.#isRinging = true;
    this.#ring((outcome) => {
      this.#isRinging = false;
      // One that the handler has set stands.
      if (this.#disk.alarm === alarm) this.#disk.alarm = this.#next(alarm, outcome);
      this.set();
    });
  }

  #next({ failures }: Alarm, outcome: Outcome | null): Alarm | null {
    const hasThrown = outcome !== null && "error" in outcome;
    if (outcome !== null && !hasThrown) return null;
    const counted = failures + (hasThrown ? 1 : 0);
    if (counted > RETRIES) return null;
    return { time: this.#core.scheduler.now + FIRST_RETRY_MS * 2 ** failures, failures: counted };
  }
}
