import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Task, TaskResult } from "./worker-process.ts";

const PROGRAM = fileURLToPath(new URL("worker-process.ts", import.meta.url));

/** Lives that one process lives: each leaves about a megabyte behind, and what is full is slow. */
const RUNS_PER_PROCESS = 250;

/**
 * Processes that live lives side by side: each life is one of its own, and all that it does comes
 * from its seed, whoever lives it.
 */
export class ProcessPool {
  readonly #tasks: Iterator<Task>;
  readonly #onResult: (outcome: TaskResult) => boolean;
  readonly #results: TaskResult[] = [];
  #isOver = false;

  /** @param hear is told of each life when it is over, and answers whether to begin others */
  constructor(errands: Iterable<Task>, hear: (outcome: TaskResult) => boolean) {
    this.#tasks = errands[Symbol.iterator]();
    this.#onResult = hear;
  }

  /**
   * @param count of processes
   * @returns how the lives went, in order of seeds
   */
  async run(count: number): Promise<readonly TaskResult[]> {
    await Promise.all(Array.from({ length: count }, () => this.#keepOneRunning()));
    return this.#results.toSorted((one, other) => one.seed - other.seed);
  }

  /** Has one member after the other, until nothing is left to do. */
  async #keepOneRunning(): Promise<void> {
    while (!this.#isOver) await this.#runTasks(fork(PROGRAM));
  }

  /** Resolves when the member has done its share. */
  #runTasks(member: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = RUNS_PER_PROCESS;
      let errand = this.#sendNext(member);
      member.on("message", (outcome: TaskResult) => {
        this.#results.push(outcome);
        if (!this.#onResult(outcome)) this.#tasks.return?.();
        errand = --left > 0 ? this.#sendNext(member) : disconnect(member);
      });
      member.on("exit", (code) => {
        if (errand === null) resolve();
        else reject(new Error(`Seed ${errand.seed} ended its process with code ${code}.`));
      });
    });
  }

  /** Sends the next errand, or has the member leave where there is none. */
  #sendNext(member: ChildProcess): Task | null {
    const next = this.#tasks.next();
    this.#isOver ||= next.done === true;
    if (next.done === true) return disconnect(member);
    member.send(next.value);
    return next.value;
  }
}

function disconnect(member: ChildProcess): null {
  member.disconnect();
  return null;
}
