import { isTransient } from "./errors.ts";

/**
 * Waits before the second and the third attempt, in ms. R2 accepts one write per second to a key, and
 * rejects the others (10058): an earlier attempt, or another request, may have written to it just now.
 */
const WAITS_MS = [1000, 2000];
/** Random time on top of each wait, so that requests that failed together are not repeated together. */
const JITTER_MS = 500;

/**
 * Calls R2 up to three times, while it fails for a reason that may pass. The call must have the same
 * effect if it is repeated.
 *
 * @throws StorageError of the last attempt
 */
export async function retryTransient<T>(call: () => Promise<T>): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
    await sleep(wait);
  }
  return call();
}

/**
 * Calls `find` after each of the waits, until it returns something: R2 may still be storing an object
 * whose `put` has failed. A call that fails for a reason that may pass finds nothing.
 */
export async function waitFor<T>(find: () => Promise<T | null>): Promise<T | null> {
  for (const wait of WAITS_MS) {
    await sleep(wait);
    const found = await find().catch(nullIfTransient);
    if (found !== null) return found;
  }
  return null;
}

function nullIfTransient(error: unknown): null {
  if (isTransient(error)) return null;
  throw error;
}

async function sleep(ms: number): Promise<void> {
  await scheduler.wait(ms + Math.random() * JITTER_MS);
}
