import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Errand, Outcome } from "./member.ts";

const MEMBER = fileURLToPath(new URL("member.ts", import.meta.url));

/**
 * Processes that live lives side by side: each life is one of its own, and all that it does comes
 * from its seed, whoever lives it.
 */
export class Crew {
  readonly #errands: Iterator<Errand>;
  readonly #hear: (outcome: Outcome) => boolean;
  readonly #outcomes: Outcome[] = [];

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
    await Promise.all(Array.from({ length: count }, () => this.#join(fork(MEMBER))));
    return this.#outcomes.toSorted((one, other) => one.seed - other.seed);
  }

  /** Resolves when the member has nothing left to do. */
  #join(member: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      let errand = this.#send(member);
      member.on("message", (outcome: Outcome) => {
        this.#outcomes.push(outcome);
        if (!this.#hear(outcome)) this.#errands.return?.();
        errand = this.#send(member);
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
    if (next.done === true) member.disconnect();
    else member.send(next.value);
    return next.done === true ? null : next.value;
  }
}
