import type { Core } from "../core.ts";
import { Host } from "../time/host.ts";
import { SimulatedStorage, type Disk, type Writes } from "./storage.ts";

/** Holds an output back until everything that was written before is durable. */
export type Gate = (output: () => void) => void;

interface Output {
  /** Number of commits that must be durable first. */
  after: number;
  run: () => void;
}

/**
 * One instance of a Durable Object in memory, from its constructor to an eviction or a crash. The
 * writes of one step are committed together, and its outputs wait for them (the output gate).
 */
export class ObjectInstance {
  readonly host: Host;
  readonly storage: SimulatedStorage;
  /** Callbacks of the calls without a result, which are called if the object dies. */
  readonly pendingCalls = new Set<() => void>();
  /** The constructor's `blockConcurrencyWhile`, for which all calls wait. */
  starting: Promise<unknown> | null = null;
  readonly #core: Core;
  readonly #disk: Host;
  readonly #onDurable: (writes: Writes) => void;
  readonly #committing: Writes[] = [];
  #committed = 0;
  #outputs: Output[] = [];

  /** @param onDurable receives the writes of each step once they are durable */
  constructor(core: Core, name: string, disk: Disk, onDurable: (writes: Writes) => void) {
    this.host = new Host(name);
    this.storage = new SimulatedStorage(disk);
    this.#core = core;
    this.#disk = new Host(`${name}'s disk`);
    this.#onDurable = onDurable;
  }

  /** True if an eviction would lose nothing. */
  get isIdle(): boolean {
    const isQuiet = this.#committing.length + this.#outputs.length + this.pendingCalls.size === 0;
    return isQuiet && !this.storage.isDirty && this.host.timers === 0;
  }

  readonly gate: Gate = (run) => {
    const unwritten = this.storage.isDirty ? 1 : 0;
    const after = this.#committed + this.#committing.length + unwritten;
    if (after <= this.#committed && this.#outputs.length === 0) run();
    else this.#outputs.push({ after, run });
  };

  /** Runs a call on the object, after what the constructor asked to wait for. */
  whenReady<Callee>(object: Callee, run: (object: Callee) => unknown): unknown {
    return this.starting ? this.starting.then(() => run(object)) : run(object);
  }

  /** Starts to commit the writes of the last step. */
  commit(): void {
    if (!this.storage.isDirty) return;
    this.#committing.push(this.storage.takeWrites());
    const delay = this.#core.random.skewed(0.5, 20);
    this.#core.scheduler.after(delay, this.#disk, "commits", () => this.#persistNext());
  }

  /** @param isCrash true to let a random number of the pending commits still reach the disk */
  stop(isCrash: boolean): void {
    this.host.kill();
    this.#outputs = [];
    const arriving = isCrash ? this.#core.random.whole(0, this.#committing.length) : 0;
    for (let count = 0; count < arriving; count++) this.#persistNext();
    this.#disk.kill();
    for (const lose of this.pendingCalls) lose();
  }

  #persistNext(): void {
    const writes = this.#committing.shift();
    if (!writes) return;
    this.#committed++;
    this.#onDurable(writes);
    while ((this.#outputs[0]?.after ?? Infinity) <= this.#committed) this.#outputs.shift()?.run();
  }
}
