import type { Outage } from "./transport/reachability.ts";

/** Time after which an outage is reported: shorter ones are over before anyone has read about them. */
const REPORTED_AFTER_MS = 5000;

/** Reports outages that last. */
export class OutageReport {
  readonly #onChange: (outage: Outage | null) => void;
  #reported: Outage | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onChange called with a reported outage, each change of it, and null once it is over */
  constructor(onChange: (outage: Outage | null) => void) {
    this.#onChange = onChange;
  }

  /** The outage that was reported; null without one. */
  get current(): Outage | null {
    return this.#reported;
  }

  /** Call on each change. */
  set(outage: Outage | null): void {
    clearTimeout(this.#timer);
    if (outage === null) return this.#reported === null ? undefined : this.#report(null);
    // Only a person can end it.
    if (this.#reported !== null || outage.reason === "challenge") return this.#report(outage);
    const left = REPORTED_AFTER_MS - (Date.now() - outage.since);
    // This device's clock may be set meanwhile.
    const delay = Math.min(Math.max(left, 0), REPORTED_AFTER_MS);
    this.#timer = setTimeout(() => this.#report(outage), delay);
  }

  /** Reports nothing more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #report(outage: Outage | null): void {
    this.#reported = outage;
    this.#onChange(outage);
  }
}
