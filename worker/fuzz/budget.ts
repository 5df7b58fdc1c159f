import { evictAllDurableObjects } from "cloudflare:test";
import * as fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Options of this run: see vitest.config.ts. */
    fuzz: { seed: number; seconds: number };
  }
}

const { seed, seconds } = inject("fuzz");

/** Objects are evicted after this many runs: each keeps files open, and their number is limited. */
const RUNS_PER_EVICTION = 200;

/** Time limit of a test, well above the duration of the fuzzing. */
export const FUZZ_TIMEOUT_MS = (seconds + 300) * 1000;

/**
 * Checks the corpus, then generated values until the time is up. A failure is shrunk and reported with
 * its seed.
 *
 * @param countOf returns how many inputs a value consists of
 * @returns the number of generated inputs
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
    if (++runs % RUNS_PER_EVICTION === 0) await evictAllDurableObjects();
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
