import { Host } from "./host.ts";
import type { Trace } from "../trace.ts";

/** The real one: the code under test has another. */
const realSetImmediate = setImmediate;

/** Something that will happen. */
interface ScheduledEvent {
  /** True time, ms since 1970. */
  time: number;
  /** Of two at the same time, the one that was planned first comes first. */
  order: number;
  host: Host;
  what: string;
  run: () => void;
}

/**
 * Time, and all that happens in it, one thing after the other. Between two happenings all that the
 * first has set off (promises, streams) comes to rest, so a life has one order and no other.
 */
export class Scheduler {
  /** True time, ms since 1970. */
  now: number;
  /** Whose code runs at the moment. */
  current = new Host("nobody");
  /** Happenings so far. */
  steps = 0;
  readonly #trace: Trace;
  readonly #start: number;
  readonly #onError: (error: unknown) => void;
  /** The next one is last. */
  readonly #queue: ScheduledEvent[] = [];
  #order = 0;
  readonly #idle = new Host("nobody");
  readonly #deferred = new Map<Host, ScheduledEvent[]>();
  readonly #stepListeners: (() => void)[] = [];

  /** @param threw is told what a happening throws */
  constructor(trace: Trace, now: number, threw: (error: unknown) => void) {
    this.#trace = trace;
    this.#onError = threw;
    this.now = this.#start = now;
  }

  /**
   * Plans a happening in `ms` on `host`, unless it is dead by then.
   *
   * @param what names it in the trace
   * @returns takes it back
   */
  after(ms: number, host: Host, what: string, run: () => void): () => void {
    const happening = { time: this.now + ms, order: this.#order++, host, what, run };
    this.#insert(happening);
    return () => {
      happening.run = nothing;
      happening.what = "";
    };
  }

  /**
   * Goes on with a happening on another host, as the last thing of it: what comes of that is theirs.
   * Whoever is frozen finds it when it wakes.
   *
   * @param what names it in the trace
   */
  continueOn(host: Host, what: string, run: () => void): void {
    if (this.#isFrozen(host)) return void this.after(0, host, what, run);
    if (!host.isAlive) return;
    this.#switchTo(host, what);
    run();
  }

  /** Calls `listener` whenever all has come to rest after a happening. */
  onStep(listener: () => void): void {
    this.#stepListeners.push(listener);
  }

  /** Runs the next happening that is not past `until`; the answer is whether there was one. */
  async step(until: number): Promise<boolean> {
    const happening = this.#queue.at(-1);
    if (happening === undefined || happening.time > until) return false;
    this.#queue.pop();
    this.now = happening.time;
    const { host, what } = happening;
    if (what === "" || !host.isAlive) return true;
    if (this.#isFrozen(host)) this.#defer(happening);
    else await this.#run(happening);
    return true;
  }

  async #run({ host, what, run }: ScheduledEvent): Promise<void> {
    this.steps++;
    this.#switchTo(host, what);
    try {
      run();
    } catch (error) {
      this.#onError(error);
    }
    await new Promise(realSetImmediate);
    for (const listener of this.#stepListeners) listener();
  }

  #switchTo(host: Host, what: string): void {
    this.#trace.add(`${(this.now - this.#start).toFixed(2)} ${host.name} ${what}`);
    this.current = host;
  }

  /** What comes while others still wait to be run after a sleep comes after them. */
  #isFrozen(host: Host): boolean {
    return host.frozenUntil > this.now || this.#deferred.has(host);
  }

  /** Whoever is frozen finds everything when it wakes, in the order in which it came. */
  #defer(happening: ScheduledEvent): void {
    const { host } = happening;
    const known = this.#deferred.get(host);
    if (known) return void known.push(happening);
    this.#deferred.set(host, [happening]);
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

  /** Most come soon: their place is looked for from the end. */
  #insert(happening: ScheduledEvent): void {
    let place = this.#queue.length;
    for (let next = this.#queue[place - 1]; next && isBefore(next, happening); place--) {
      next = this.#queue[place - 2];
    }
    this.#queue.splice(place, 0, happening);
  }
}

function isBefore(one: ScheduledEvent, other: ScheduledEvent): boolean {
  return one.time === other.time ? one.order < other.order : one.time < other.time;
}

function nothing(): void {}
