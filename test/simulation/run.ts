import { type Cast, loadCast } from "./cast.ts";
import { installGlobals } from "./globals/install.ts";
import { Life } from "./life.ts";
import { shrinkLimits } from "./limits.ts";
import { type Options, optionsOf, USAGE } from "./options.ts";
import { Trace } from "./trace.ts";

/** How the lives went. */
interface Account {
  seeds: number[];
  failures: number;
  /** Of all lives' traces. */
  hash: string;
}

/** Lives one life for each seed, up to the first that goes wrong, or all of them. */
async function main(options: Options): Promise<void> {
  const realNow = performance.now.bind(performance);
  installGlobals();
  shrinkLimits();
  const cast = await loadCast();
  const began = realNow();
  const seconds = () => (realNow() - began) / 1000;
  const account = await liveAll(cast, options, () => seconds() >= options.seconds);
  process.exitCode = account.failures > 0 ? 1 : 0;
  print(summaryOf(account, seconds()));
  print(`Traces: ${account.hash}`);
}

async function liveAll(cast: Cast, options: Options, isLate: () => boolean): Promise<Account> {
  const all = new Trace();
  const seeds: number[] = [];
  let failures = 0;
  for (const seed of options.seeds) {
    if (isLate() || (failures > 0 && !options.all)) break;
    const { problem, hash } = await liveOnce(cast, seed, options);
    seeds.push(seed);
    all.add(hash);
    if (problem === null) continue;
    print(`Seed ${seed}: ${problem}`);
    failures++;
  }
  return { seeds, failures, hash: all.hash };
}

async function liveOnce(cast: Cast, seed: number, { faults, trace }: Options) {
  const life = new Life(cast, seed, faults);
  const problem = await life.live();
  if (problem !== null) for (const line of life.world.trace.tail(trace)) print(line);
  return { problem, hash: life.world.trace.hash };
}

function summaryOf({ seeds, failures }: Account, seconds: number): string {
  const pace = `in ${seconds.toFixed(1)} s, ${Math.round((60 * seeds.length) / seconds)} a minute`;
  const end = failures === 0 ? "all as they should be" : `${failures} not as they should be`;
  return `${seeds.length} lives from seed ${seeds[0]}, ${end}, ${pace}.`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const options = optionsOf(process.argv.slice(2));
if (options) await main(options);
else print(USAGE);
