import { evictAllDurableObjects } from "cloudflare:test";
import * as fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Of this run of the fuzzers: see vitest.config.ts. */
    fuzz: { seed: number; seconds: number };
  }
}

const { seed, seconds } = inject("fuzz");

/** Runs whose objects may stay in memory: each holds files open, of which a process has only so many. */
const RUNS_KEPT = 200;

/** How long a fuzzer's test may take: it ends by itself when its time is up. */
export const FUZZ_TIMEOUT_MS = (seconds + 300) * 1000;

/**
 * Tries what once failed, and then what the arbitrary makes until the time is up. Of what fails, the
 * smallest that does is told, with the seed.
 *
 * @param countOf how many inputs one such value is
 * @returns how many inputs were tried
 */
export async function fuzz<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  { corpus = [], countOf = () => 1 }: { corpus?: readonly T[]; countOf?: (value: T) => number },
  check: (value: T) => Promise<void>,
): Promise<number> {
  let inputs = 0;
  let runs = 0;
  const property = fc.asyncProperty(arbitrary, async (value) => {
    inputs += countOf(value);
    await check(value);
    if (++runs % RUNS_KEPT === 0) await evictAllDurableObjects();
  });
  for (const known of corpus) await check(known);
  try {
    await fc.assert(property, {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      plugins: [fc.interruptAfterTimeLimit(seconds * 1000)],
    });
  } finally {
    console.info(`FUZZ_SEED=${seed}: ${inputs} ${name}`);
  }
  return inputs;
}
