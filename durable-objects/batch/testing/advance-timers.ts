import { vi } from "vitest";

/**
 * Advances the fake clock, and runs the timers of the object in which this is called. All tests of a
 * process share that clock, and a request that another test has left behind may have set a timer of its
 * object: workerd refuses to run that here.
 */
export function advanceTimers(ms: number): void {
  try {
    vi.advanceTimersByTime(ms);
  } catch (error) {
    if (!String(error).includes("on behalf of a different Durable Object")) throw error;
  }
}
