import { ProcessPool } from "./process-pool.ts";
import type { Task, TaskResult } from "./worker-process.ts";
import { type Options, optionsOf, USAGE } from "./options.ts";
import { Trace } from "./trace.ts";

/** Lives one life for each seed, up to the first that goes wrong, or all of them. */
async function main(options: Options): Promise<void> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const goesOn = (outcome: TaskResult) => {
    if (outcome.problem !== null) report(outcome);
    return seconds() < options.seconds && (outcome.problem === null || options.all);
  };
  const outcomes = await new ProcessPool(tasksOf(options), goesOn).run(options.jobs);
  const failures = outcomes.filter(({ problem }) => problem !== null).length;
  print(summaryOf(outcomes, failures, seconds()));
  print(`Traces: ${hashOf(outcomes)}`);
  process.exitCode = failures > 0 ? 1 : 0;
}

function* tasksOf({ seeds, faults, trace }: Options): Generator<Task> {
  for (const seed of seeds) yield { seed, faults, trace };
}

function report({ seed, problem, trace }: TaskResult): void {
  for (const line of trace) print(line);
  print(`Seed ${seed}: ${problem}`);
}

function summaryOf(outcomes: readonly TaskResult[], failures: number, seconds: number): string {
  const { length, [0]: first } = outcomes;
  const pace = `in ${seconds.toFixed(1)} s, ${Math.round((60 * length) / seconds)} a minute`;
  const end = failures === 0 ? "all as they should be" : `${failures} not as they should be`;
  return `${length} lives from seed ${first?.seed}, ${end}, ${pace}.`;
}

/** The same for the same lives, if they went the same way. */
function hashOf(outcomes: readonly TaskResult[]): string {
  const all = new Trace();
  for (const { hash } of outcomes) all.add(hash);
  return all.hash;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const options = optionsOf(process.argv.slice(2));
if (options) await main(options);
else print(USAGE);
