import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./time/scheduler.ts";
import type { Trace } from "./trace.ts";

/** The services that all parts of a simulation share. */
export interface Core {
  random: Random;
  faults: Faults;
  trace: Trace;
  scheduler: Scheduler;
  /** The longest one-way latency between a page and the edge without a fault, in ms. */
  latencyMs: number;
}
