import { loadCast } from "./cast.ts";
import { installGlobals } from "./globals/install.ts";
import { Simulation } from "./simulation.ts";
import { shrinkLimits } from "./limits.ts";

/** A life that a member of the crew is to live. */
export interface Task {
  seed: number;
  /** How many of all kinds of faults it has: 0 to 1. */
  faults: number;
  /** How many lines of its trace are wanted, should it go wrong. */
  trace: number;
}

/** How it went. */
export interface TaskResult {
  seed: number;
  /** Null where all was as it should be. */
  problem: string | null;
  /** Of its whole trace. */
  hash: string;
  trace: readonly string[];
}

installGlobals();
shrinkLimits();
const cast = await loadCast();

async function runTask({ seed, faults, trace }: Task): Promise<TaskResult> {
  const life = new Simulation(cast, seed, faults);
  const problem = await life.run();
  const { world } = life;
  return { seed, problem, hash: world.trace.hash, trace: problem ? world.trace.tail(trace) : [] };
}

process.on("message", (errand: Task) => {
  void runTask(errand).then((outcome) => process.send?.(outcome));
});
process.on("disconnect", () => process.exit());
