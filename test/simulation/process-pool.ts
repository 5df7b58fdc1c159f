import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Task, TaskResult } from "./worker-process.ts";

const PROGRAM = fileURLToPath(new URL("worker-process.ts", import.meta.url));

/** Simulations per process. Each leaves about 1 MB behind, and a full heap is slow. */
const RUNS_PER_PROCESS = 250;

/** Runs simulations in several processes. A result depends on the seed only, not on the process. */
export class ProcessPool {
  readonly #tasks: Iterator<Task>;
  readonly #onResult: (result: TaskResult) => boolean;
  readonly #results: TaskResult[] = [];
  #isOver = false;

  /** @param onResult receives each result, and returns false to start no more tasks */
  constructor(tasks: Iterable<Task>, onResult: (result: TaskResult) => boolean) {
    this.#tasks = tasks[Symbol.iterator]();
    this.#onResult = onResult;
  }

  /**
   * @param count number of processes
   * @returns the results, in order of seeds
   */
  async run(count: number): Promise<readonly TaskResult[]> {
    await Promise.all(Array.from({ length: count }, () => this.#keepOneRunning()));
    return this.#results.toSorted((one, other) => one.seed - other.seed);
  }

  /** Starts one process after the other until no tasks are left. */
  async #keepOneRunning(): Promise<void> {
    while (!this.#isOver) await this.#runTasks(fork(PROGRAM));
  }

  /** Resolves when the process has run its tasks and exited. */
  #runTasks(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = RUNS_PER_PROCESS;
      let task = this.#sendNext(child);
      child.on("message", (result: TaskResult) => {
        this.#results.push(result);
        if (!this.#onResult(result)) this.#tasks.return?.();
        task = --left > 0 ? this.#sendNext(child) : disconnect(child);
      });
      child.on("exit", (code) => {
        if (task === null) resolve();
        else reject(new Error(`The process of seed ${task.seed} exited with code ${code}.`));
      });
    });
  }

  /** Sends the next task, or disconnects the process if there is none. */
  #sendNext(child: ChildProcess): Task | null {
    const next = this.#tasks.next();
    this.#isOver ||= next.done === true;
    if (next.done === true) return disconnect(child);
    child.send(next.value);
    return next.value;
  }
}

function disconnect(child: ChildProcess): null {
  child.disconnect();
  return null;
}
