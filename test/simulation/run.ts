// npm run simulate [-- OPTIONS]: simulates batches and checks what they promise. See `--help`.
import { type Options, optionsOf, USAGE } from "./options.ts";
import { ProcessPool } from "./process-pool.ts";
import { Trace } from "./trace.ts";
import type { Task, TaskResult } from "./worker-process.ts";

/** Runs one simulation per seed, up to the first failure or for all seeds. */
async function main(options: Options): Promise<void> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const onResult = (result: TaskResult) => {
    if (result.problem !== null) report(result);
    return seconds() < options.seconds && (result.problem === null || options.all);
  };
  const results = await new ProcessPool(tasksOf(options), onResult).run(options.jobs);
  const failures = results.filter(({ problem }) => problem !== null).length;
  print(summaryOf(results, failures, seconds()));
  print(`Traces: ${hashOf(results)}`);
  process.exitCode = failures > 0 ? 1 : 0;
}

function* tasksOf({ seeds, isAttack, faults, trace }: Options): Generator<Task> {
  for (const seed of seeds) yield { seed, isAttack, faults, trace };
}

function report({ seed, problem, trace }: TaskResult): void {
  for (const line of trace) print(line);
  print(`Seed ${seed}: ${problem}`);
}

function summaryOf(results: readonly TaskResult[], failures: number, seconds: number): string {
  const { length, [0]: first } = results;
  const speed = `in ${seconds.toFixed(1)} s (${Math.round((60 * length) / seconds)} per minute)`;
  const end = failures === 0 ? "all passed" : `${failures} failed`;
  return `${length} simulations from seed ${first?.seed}: ${end} ${speed}.`;
}

/** Returns a hash of all traces, which is the same whenever the same simulations take the same steps. */
function hashOf(results: readonly TaskResult[]): string {
  const all = new Trace();
  for (const { hash } of results) all.add(hash);
  return all.hash;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const options = optionsOf(process.argv.slice(2));
if (options) await main(options);
else print(USAGE);
