import { setTimeout as sleep } from "node:timers/promises";

/**
 * Long beside what stopping and going on costs, and short beside the time for which a machine is
 * faster or slower than at other times.
 */
const TURN_MS = 1000;

/** Something that processes do. */
export interface Work {
  /** The processes that stand still while it is not their turn. */
  pids: readonly number[];
  /** Asks them to begin; resolves once they are done. */
  run: () => Promise<unknown>;
}

/**
 * Times two works side by side: they take turns, and while one goes on the other stands still. So
 * what slows the machine down for a while slows both of them down.
 *
 * @returns for how long each was going on, in ms
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
    // Its next turn throws what it fails with.
    this.#done.catch(() => undefined);
  }

  /** @throws what the work has failed with */
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
        // One that has ended fails its work. One that nobody knows, as on another system than Linux,
        // has nothing to do while its client stands still.
      }
    }
  }
}
