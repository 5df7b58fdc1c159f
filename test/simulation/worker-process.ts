import { loadCast } from "./cast.ts";
import { installGlobals } from "./globals/install.ts";
import { Life } from "./simulation.ts";
import { shrinkLimits } from "./limits.ts";

/** A life that a member of the crew is to live. */
export interface Errand {
  seed: number;
  /** How many of all kinds of faults it has: 0 to 1. */
  faults: number;
  /** How many lines of its trace are wanted, should it go wrong. */
  trace: number;
}

/** How it went. */
export interface Outcome {
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

async function live({ seed, faults, trace }: Errand): Promise<Outcome> {
  const life = new Life(cast, seed, faults);
  const problem = await life.live();
  const { world } = life;
  return { seed, problem, hash: world.trace.hash, trace: problem ? world.trace.tail(trace) : [] };
}

process.on("message", (errand: Errand) => {
  void live(errand).then((outcome) => process.send?.(outcome));
});
process.on("disconnect", () => process.exit());
