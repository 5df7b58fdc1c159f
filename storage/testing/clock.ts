/** Not that of a test with fake timers, which may go back. */
const realNow = performance.now.bind(performance);

let skippedMs = 0;

/** Returns the time in ms on the clock of R2's stand-ins. */
export function storageNow(): number {
  return realNow() + skippedMs;
}

/** Advances that clock by a wait that a test skips. */
export function skipTime(ms: number): void {
  skippedMs += ms;
}
