import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./time/scheduler.ts";
import type { Trace } from "./trace.ts";

/** What every part of a simulated world shares. */
export interface Core {
  random: Random;
  faults: Faults;
  trace: Trace;
  scheduler: Scheduler;
  /** How long what nothing slows down is under way between a page and the edge at most, in ms. */
  latencyMs: number;
}
