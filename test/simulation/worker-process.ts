// The program of the processes of `ProcessPool`: runs one simulation per message.
import { LIMITS } from "../../protocol/index.ts";
import { loadCast } from "./cast.ts";
import { installBlob } from "./globals/blob.ts";
import { installClock } from "./globals/clock.ts";
import { installCrypto } from "./globals/crypto.ts";
import { installPage } from "./globals/page.ts";
import { installWorkerd } from "./globals/workerd.ts";
import { installModules } from "./modules/hooks.ts";
import { QuotaSimulation } from "./quota-simulation.ts";
import { Simulation } from "./simulation.ts";
import { stage } from "./stage.ts";

/** A simulation to run. */
export interface Task {
  seed: number;
  /** True to simulate attacks on quotas, instead of a batch. */
  isAttack: boolean;
  /** Share of the kinds of faults, 0 to 1. */
  faults: number;
  /** Trace lines to return if the simulation fails. */
  trace: number;
}

export interface TaskResult {
  seed: number;
  /** Why the simulation failed; null if it passed. */
  problem: string | null;
  /** Hash of the whole trace. */
  hash: string;
  /** The last lines of the trace. */
  trace: readonly string[];
}

installGlobals();
shrinkLimits();
const cast = await loadCast();

process.on("message", (task: Task) => {
  void runTask(task).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit());

async function runTask({ seed, isAttack, faults, trace }: Task): Promise<TaskResult> {
  const Kind = isAttack ? QuotaSimulation : Simulation;
  const simulation = new Kind(cast, seed, faults);
  const problem = await simulation.run();
  const all = simulation.world.trace;
  return { seed, problem, hash: all.hash, trace: problem === null ? [] : all.tail(trace) };
}

/**
 * Replaces every global through which real time, real chance or real I/O could reach the code under
 * test, and adds those of workerd and of a page.
 */
function installGlobals(): void {
  installModules();
  installClock();
  installCrypto();
  installBlob();
  installWorkerd();
  installPage();
  process.on("unhandledRejection", (error) => stage().uncaught(error));
  // Errors of event listeners arrive here.
  process.on("uncaughtException", (error) => stage().uncaught(error));
}

/** Shrinks the limits: files stay small, and still share bundles and have several parts. */
function shrinkLimits(): void {
  Object.assign(LIMITS, { bundleFiles: 8, bundleBytes: 4096, partBytes: 4096, fileBytes: 20_000 });
}
