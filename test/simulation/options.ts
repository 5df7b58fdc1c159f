import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { KNOWN_ATTACKS, KNOWN_SEEDS } from "./seeds.ts";

export const USAGE = `npm run simulate -- [OPTIONS]

Simulates batches from their first file until their records are deleted, one batch per seed, with
faults in the clock, the network, the platform and R2. Stops at the first batch that fails.

  --seed N         first seed; the following batches have the next ones (default: random)
  --batches N      number of simulations (default: 1000, or no limit with --seconds)
  --seconds S      starts no more batches after this time
  --quotas         simulates clients that attack the quotas of their owners, instead of batches
  --known          runs the seeds that once failed, instead of --seed and --batches
  --all            continues after a batch that fails
  --faults SHARE   share of the kinds of faults that each batch has, 0 to 1 (default: 0.35)
  --trace LINES    number of trace lines that are printed of a failed batch (default: 60)
  --jobs N         processes that run at the same time (default: one per core)
  --help           prints this text`;

export interface Options {
  seeds: Iterable<number>;
  /** No more batches are started after this time. */
  seconds: number;
  /** True to simulate attacks on quotas, instead of batches. */
  isAttack: boolean;
  /** True to continue after a batch that fails. */
  all: boolean;
  /** Share of the kinds of faults, 0 to 1. */
  faults: number;
  /** Trace lines of a failed batch. */
  trace: number;
  /** Processes. */
  jobs: number;
}

/** Returns null if help is asked for. */
export function optionsOf(args: string[]): Options | null {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    args,
    options: {
      seed: text,
      batches: text,
      seconds: text,
      quotas: flag,
      known: flag,
      all: flag,
      faults: text,
      trace: text,
      jobs: text,
      help: flag,
    },
  });
  if (values.help === true) return null;
  const batches = values.batches ?? (values.seconds === undefined ? 1000 : Infinity);
  return {
    isAttack: values.quotas === true,
    seeds:
      values.known === true
        ? knownSeeds(values.quotas === true)
        : range(values.seed, Number(batches)),
    seconds: Number(values.seconds ?? Infinity),
    all: values.all === true,
    faults: Number(values.faults ?? 0.35),
    trace: Number(values.trace ?? 60),
    jobs: Number(values.jobs ?? availableParallelism()),
  };
}

function knownSeeds(isAttack: boolean): number[] {
  return (isAttack ? KNOWN_ATTACKS : KNOWN_SEEDS).map(({ seed }) => seed);
}

function* range(first: string | undefined, count: number): Generator<number> {
  const start = Number(first ?? randomInt(2 ** 32));
  for (let seed = start; seed < start + count; seed++) yield seed;
}
