import { Crew } from "./process-pool.ts";
import type { Errand, Outcome } from "./worker-process.ts";
import { type Options, optionsOf, USAGE } from "./options.ts";
import { Trace } from "./trace.ts";

/** Lives one life for each seed, up to the first that goes wrong, or all of them. */
async function main(options: Options): Promise<void> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const goesOn = (outcome: Outcome) => {
    if (outcome.problem !== null) tell(outcome);
    return seconds() < options.seconds && (outcome.problem === null || options.all);
  };
  const outcomes = await new Crew(errandsOf(options), goesOn).work(options.jobs);
  const failures = outcomes.filter(({ problem }) => problem !== null).length;
  print(summaryOf(outcomes, failures, seconds()));
  print(`Traces: ${hashOf(outcomes)}`);
  process.exitCode = failures > 0 ? 1 : 0;
}

function* errandsOf({ seeds, faults, trace }: Options): Generator<Errand> {
  for (const seed of seeds) yield { seed, faults, trace };
}

function tell({ seed, problem, trace }: Outcome): void {
  for (const line of trace) print(line);
  print(`Seed ${seed}: ${problem}`);
}

function summaryOf(outcomes: readonly Outcome[], failures: number, seconds: number): string {
  const { length, [0]: first } = outcomes;
  const pace = `in ${seconds.toFixed(1)} s, ${Math.round((60 * length) / seconds)} a minute`;
  const end = failures === 0 ? "all as they should be" : `${failures} not as they should be`;
  return `${length} lives from seed ${first?.seed}, ${end}, ${pace}.`;
}

/** The same for the same lives, if they went the same way. */
function hashOf(outcomes: readonly Outcome[]): string {
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
