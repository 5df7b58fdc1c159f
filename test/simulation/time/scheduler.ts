import type { Trace } from "../trace.ts";
import { Host } from "./host.ts";

/** The real one, as the code under test must not use it. */
const realSetImmediate = setImmediate;

interface ScheduledEvent {
  /** True time, ms since 1970. */
  time: number;
  /** Events at the same time run in the order in which they were scheduled. */
  order: number;
  host: Host;
  /** Its text in the trace; empty once the event is cancelled. */
  label: string;
  run: () => void;
}

/**
 * The simulated time. Runs the scheduled events one after the other. Each waits until all promises
 * and streams of the previous one have settled, so that a simulation has only one possible order.
 */
export class Scheduler {
  /** True time, ms since 1970. */
  now: number;
  /** The host whose code runs. */
  current = new Host("idle");
  /** Number of events so far. */
  steps = 0;
  readonly #trace: Trace;
  readonly #start: number;
  readonly #onError: (error: unknown) => void;
  /** The next event is the last in the array. */
  readonly #queue: ScheduledEvent[] = [];
  #order = 0;
  readonly #idle = new Host("idle");
  readonly #deferred = new Map<Host, ScheduledEvent[]>();
  readonly #stepListeners: (() => void)[] = [];

  /** @param onError receives the error of an event that throws */
  constructor(trace: Trace, now: number, onError: (error: unknown) => void) {
    this.#trace = trace;
    this.#onError = onError;
    this.now = this.#start = now;
  }

  /**
   * Schedules an event on a host in `ms`. It does not run if the host is dead by then.
   *
   * @param label its text in the trace
   * @returns a function that cancels it
   */
  after(ms: number, host: Host, label: string, run: () => void): () => void {
    const event = { time: this.now + ms, order: this.#order++, host, label, run };
    this.#insert(event);
    return () => {
      event.run = nothing;
      event.label = "";
    };
  }

  /**
   * Continues an event on another host. Call it last: the rest of the event belongs to that host. A
   * frozen host runs it when it wakes up.
   *
   * @param label its text in the trace
   */
  continueOn(host: Host, label: string, run: () => void): void {
    if (this.#isFrozen(host)) return void this.after(0, host, label, run);
    if (!host.isAlive) return;
    this.#switchTo(host, label);
    run();
  }

  /** Calls `listener` after each event, when its promises have settled. */
  onStep(listener: () => void): void {
    this.#stepListeners.push(listener);
  }

  /** Runs the next event up to the time `until`. Returns false if there is none. */
  async step(until: number): Promise<boolean> {
    const event = this.#queue.at(-1);
    if (event === undefined || event.time > until) return false;
    this.#queue.pop();
    this.now = event.time;
    const { host, label } = event;
    if (label === "" || !host.isAlive) return true;
    if (this.#isFrozen(host)) this.#defer(event);
    else await this.#run(event);
    return true;
  }

  async #run({ host, label, run }: ScheduledEvent): Promise<void> {
    this.steps++;
    this.#switchTo(host, label);
    try {
      run();
    } catch (error) {
      this.#onError(error);
    }
    await new Promise(realSetImmediate);
    for (const listener of this.#stepListeners) listener();
  }

  #switchTo(host: Host, label: string): void {
    this.#trace.add(`${(this.now - this.#start).toFixed(2)} ${host.name} ${label}`);
    this.current = host;
  }

  /** True as well while events of its sleep are still deferred: later ones must not overtake them. */
  #isFrozen(host: Host): boolean {
    return host.frozenUntil > this.now || this.#deferred.has(host);
  }

  /** Defers an event until the host wakes up. Deferred events run in their order. */
  #defer(event: ScheduledEvent): void {
    const { host } = event;
    const deferred = this.#deferred.get(host);
    if (deferred) return void deferred.push(event);
    this.#deferred.set(host, [event]);
    this.#scheduleThaw(host);
  }

  #scheduleThaw(host: Host): void {
    this.after(host.frozenUntil - this.now, this.#idle, `thaws ${host.name}`, () => {
      if (host.frozenUntil > this.now) return this.#scheduleThaw(host);
      const deferred = this.#deferred.get(host) ?? [];
      this.#deferred.delete(host);
      for (const late of deferred) {
        this.#insert(Object.assign(late, { time: this.now, order: this.#order++ }));
      }
    });
  }

  /** Searches from the end, as most events are due soon. */
  #insert(event: ScheduledEvent): void {
    let place = this.#queue.length;
    for (let next = this.#queue[place - 1]; next && isBefore(next, event); place--) {
      next = this.#queue[place - 2];
    }
    this.#queue.splice(place, 0, event);
  }
}

function isBefore(one: ScheduledEvent, other: ScheduledEvent): boolean {
  return one.time === other.time ? one.order < other.order : one.time < other.time;
}

function nothing(): void {}
