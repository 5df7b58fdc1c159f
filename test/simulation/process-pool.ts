import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Errand, Outcome } from "./worker-process.ts";

const MEMBER = fileURLToPath(new URL("worker-process.ts", import.meta.url));

/** Lives that one process lives: each leaves about a megabyte behind, and what is full is slow. */
const LIVES_EACH = 250;

/**
 * Processes that live lives side by side: each life is one of its own, and all that it does comes
 * from its seed, whoever lives it.
 */
export class Crew {
  readonly #errands: Iterator<Errand>;
  readonly #hear: (outcome: Outcome) => boolean;
  readonly #outcomes: Outcome[] = [];
  #isOver = false;

  /** @param hear is told of each life when it is over, and answers whether to begin others */
  constructor(errands: Iterable<Errand>, hear: (outcome: Outcome) => boolean) {
    this.#errands = errands[Symbol.iterator]();
    this.#hear = hear;
  }

  /**
   * @param count of processes
   * @returns how the lives went, in order of seeds
   */
  async work(count: number): Promise<readonly Outcome[]> {
    await Promise.all(Array.from({ length: count }, () => this.#fill()));
    return this.#outcomes.toSorted((one, other) => one.seed - other.seed);
  }

  /** Has one member after the other, until nothing is left to do. */
  async #fill(): Promise<void> {
    while (!this.#isOver) await this.#join(fork(MEMBER));
  }

  /** Resolves when the member has done its share. */
  #join(member: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = LIVES_EACH;
      let errand = this.#send(member);
      member.on("message", (outcome: Outcome) => {
        this.#outcomes.push(outcome);
        if (!this.#hear(outcome)) this.#errands.return?.();
        errand = --left > 0 ? this.#send(member) : leave(member);
      });
      member.on("exit", (code) => {
        if (errand === null) resolve();
        else reject(new Error(`Seed ${errand.seed} ended its process with code ${code}.`));
      });
    });
  }

  /** Sends the next errand, or has the member leave where there is none. */
  #send(member: ChildProcess): Errand | null {
    const next = this.#errands.next();
    this.#isOver ||= next.done === true;
    if (next.done === true) return leave(member);
    member.send(next.value);
    return next.value;
  }
}

function leave(member: ChildProcess): null {
  member.disconnect();
  return null;
}
