import { setTimeout as sleep } from "node:timers/promises";

/**
 * Long compared with the cost of suspending and resuming processes, and short compared with the
 * periods in which the machine is faster or slower.
 */
const TURN_MS = 1000;

/** Work that is done by other processes. */
export interface Work {
  /** The processes to suspend while the other work has its turn. */
  pids: readonly number[];
  /** Starts the work. Resolves when it is done. */
  run: () => Promise<unknown>;
}

/**
 * Times two works that run in alternating turns: while one has its turn, the processes of the other
 * are suspended. Whatever slows the machine down for a while then slows both.
 *
 * @returns the sum of each work's turns, in ms
 */
export async function takeTurns(one: Work, other: Work): Promise<[number, number]> {
  const first = new Runner(one);
  const second = new Runner(other);
  try {
    while (!first.isDone || !second.isDone) {
      await first.takeTurn();
      await second.takeTurn();
    }
    return [first.ms, second.ms];
  } finally {
    first.resume();
    second.resume();
  }
}

class Runner {
  readonly #pids: readonly number[];
  readonly #done: Promise<unknown>;
  ms = 0;
  isDone = false;

  constructor({ pids, run }: Work) {
    this.#pids = pids;
    this.#signal("SIGSTOP");
    this.#done = run().then(() => {
      this.isDone = true;
    });
    // The next turn throws the error.
    this.#done.catch(() => undefined);
  }

  /** @throws the error of the work */
  async takeTurn(): Promise<void> {
    if (this.isDone) return;
    const start = performance.now();
    this.resume();
    const over = new AbortController();
    const turn = sleep(TURN_MS, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([this.#done, turn]);
    over.abort();
    this.#signal("SIGSTOP");
    this.ms += performance.now() - start;
  }

  resume(): void {
    this.#signal("SIGCONT");
  }

  #signal(signal: NodeJS.Signals): void {
    for (const pid of this.#pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // A process that has exited makes its work fail. The id of workerd is NaN on systems other
        // than Linux, where it is idle anyway while its client is suspended.
      }
    }
  }
}
