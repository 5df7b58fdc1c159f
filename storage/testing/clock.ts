/** Not that of a test with fake timers, which may go back. */
const realNow = performance.now.bind(performance);

/** Vitest evaluates modules once for each test file, and the bucket stays the same. */
const SKIPPED = Symbol.for("tallyman.skipped");

/** Returns an array of one number, the skipped time in ms. */
function skipped(): Float64Array {
  const known: unknown = Reflect.get(globalThis, SKIPPED);
  if (known instanceof Float64Array) return known;
  const created = new Float64Array(1);
  Reflect.set(globalThis, SKIPPED, created);
  return created;
}

/** Returns the time in ms on the clock of R2's stand-ins. */
export function storageNow(): number {
  return realNow() + (skipped()[0] ?? 0);
}

/** Advances that clock by a wait that a test skips. */
export function skipTime(ms: number): void {
  const all = skipped();
  all[0] = (all[0] ?? 0) + ms;
}
