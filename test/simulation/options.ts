import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { KNOWN_SEEDS } from "./seeds.ts";

export const USAGE = `npm run simulate -- [--seed N] [--lives N] [--seconds S] [--known] [--all] [--faults SHARE] [--trace LINES] [--jobs N]

  --seed     of the first life; the next one's is one more. By chance, where it is not said
  --lives    how many; 1000, where neither this nor the time is said
  --seconds  how long new lives are begun
  --known    instead of these, the lives that ever went wrong
  --all      goes on after a life that goes wrong
  --faults   how many of all kinds of faults each life has: 0 to 1, and 0.35 where it is not said
  --trace    how many of the last things that happened are printed of a life that goes wrong; 60,
             where it is not said
  --jobs     processes that live them: as many as there are cores, where it is not said`;

export interface Options {
  seeds: Iterable<number>;
  /** How long new lives are begun. */
  seconds: number;
  /** Does it go on after a life that goes wrong? */
  all: boolean;
  /** 0 to 1 */
  faults: number;
  /** Lines. */
  trace: number;
  /** Processes. */
  jobs: number;
}

/** @returns null where help is asked for */
export function optionsOf(args: string[]): Options | null {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const numbers = { seed: text, lives: text, seconds: text, faults: text, trace: text, jobs: text };
  const { values } = parseArgs({
    args,
    options: { ...numbers, known: flag, all: flag, help: flag },
  });
  if (values.help === true) return null;
  const lives = values.seconds === undefined ? 1000 : Infinity;
  return {
    seeds: values.known === true ? knownSeeds() : range(values.seed, Number(values.lives ?? lives)),
    seconds: Number(values.seconds ?? Infinity),
    all: values.all === true,
    faults: Number(values.faults ?? 0.35),
    trace: Number(values.trace ?? 60),
    jobs: Number(values.jobs ?? availableParallelism()),
  };
}

function knownSeeds(): number[] {
  return KNOWN_SEEDS.map(({ seed }) => seed);
}

function* range(first: string | undefined, count: number): Generator<number> {
  const start = Number(first ?? randomInt(2 ** 32));
  for (let seed = start; seed < start + count; seed++) yield seed;
}
