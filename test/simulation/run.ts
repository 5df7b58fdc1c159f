import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { type Cast, loadCast } from "./cast.ts";
import { installGlobals } from "./globals/install.ts";
import { Life } from "./life.ts";
import { shrinkLimits } from "./limits.ts";
import { KNOWN_SEEDS } from "./seeds.ts";
import { Trace } from "./trace.ts";

const USAGE = `npm run simulate -- [--seed N] [--lives N] [--known] [--faults SHARE] [--trace LINES]

  --seed    of the first life; the next one's is one more. By chance, where it is not said
  --lives   how many; 1000, where it is not said
  --known   instead of these, the lives that ever went wrong
  --faults  how many of all kinds of faults each life has: 0 to 1, and 0.35 where it is not said
  --trace   how many of the last things that happened are printed of a life that goes wrong`;

interface Options {
  seeds: readonly number[];
  faults: number;
  trace: number;
}

/** Lives one life for each seed, up to the first that goes wrong. */
async function main(options: Options): Promise<void> {
  const realNow = performance.now.bind(performance);
  installGlobals();
  shrinkLimits();
  const cast = await loadCast();
  const began = realNow();
  const all = new Trace();
  for (const seed of options.seeds) {
    const { problem, hash } = await liveOnce(cast, seed, options);
    all.add(hash);
    if (problem === null) continue;
    print(`Seed ${seed}: ${problem}`);
    process.exitCode = 1;
    return;
  }
  const seconds = ((realNow() - began) / 1000).toFixed(1);
  const { length, [0]: first } = options.seeds;
  print(`${length} lives from seed ${first}, all as they should be, in ${seconds} s.`);
  print(`Traces: ${all.hash}`);
}

async function liveOnce(cast: Cast, seed: number, { faults, trace }: Options) {
  const life = new Life(cast, seed, faults);
  const problem = await life.live();
  if (problem !== null) print(life.world.trace.tail(trace).join("\n"));
  return { problem, hash: life.world.trace.hash };
}

function optionsOf(args: string[]): Options | null {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    args,
    options: { seed: text, lives: text, faults: text, trace: text, known: flag, help: flag },
  });
  if (values.help === true) return null;
  const first = Number(values.seed ?? randomInt(2 ** 32));
  const range = Array.from({ length: Number(values.lives ?? 1000) }, (_, index) => first + index);
  return {
    seeds: values.known === true ? KNOWN_SEEDS.map(({ seed }) => seed) : range,
    faults: Number(values.faults ?? 0.35),
    trace: Number(values.trace ?? 60),
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const options = optionsOf(process.argv.slice(2));
if (options) await main(options);
else print(USAGE);
