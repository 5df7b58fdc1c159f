// npm run bench:requests -- DIR [ROUNDS]: workerd's processor time of single requests with the Worker of
// the checkout in DIR, and with that of this one. DIR needs its dependencies and a built page.
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/support/process-group.ts";
import { processorMs } from "./processes.ts";
import { median, rangeOf, rowOf } from "./report.ts";
import { bundleWorker, startWorkerd, tallymanOptions, type Workerd } from "./workers.ts";

/** Processor time is counted in steps of 10 ms, so each block of requests has to take many of them. */
const PUTS = 100;
const DECLARATIONS = 5;
/** Blocks before the first round, so that V8 has compiled the Worker. */
const WARM_UPS = 3;

const FILE = new Uint8Array(2000).map((_, index) => (index * 7919) % 251);

const Created = v.object({
  tokens: v.object({ write: v.string() }),
  links: v.object({ files: v.string() }),
});

/** A running Worker. */
interface Target {
  workerd: Workerd;
  origin: string;
}

/** Processor time of one request with both checkouts, in ms. */
interface Pair {
  before: number;
  after: number;
}

/** Runs a block of requests. Returns the processor time of one of them in ms. */
type Block = (target: Target) => Promise<number>;

const BLOCKS: Readonly<Record<string, Block>> = {
  "PUT of 2 KB": async (target) => {
    const { tokens, links } = await createBatch(target, PUTS);
    const address = new URL(links.files, target.origin);
    const headers = { Authorization: `Bearer ${tokens.write}` };
    return measure(target, PUTS, (file) =>
      send(`${address}/${file}`, { method: "PUT", headers, body: FILE }),
    );
  },
  "batch of 10,000 files": async (target) =>
    measure(target, DECLARATIONS, () => createBatch(target, 10_000)),
};

const [dir, rounds = 10] = process.argv.slice(2);
if (dir === undefined) throw new Error("Name a checkout: npm run bench:requests -- DIR");

console.log(`before: ${resolve(dir)}\nafter: ${ROOT}`);
console.log(`${rounds} rounds, medians; a ratio above 1 means less processor time now\n`);
console.log("| request | before, ms | after, ms | ratio | min to max |");
console.log("|---|--:|--:|--:|:-:|");
for (const [name, block] of Object.entries(BLOCKS)) {
  const [before, after] = [await open(resolve(dir)), await open(ROOT)];
  console.log(line(name, await alternate(before, after, block)));
  for (const { workerd } of [before, after]) await workerd.stop();
}

async function open(checkout: string): Promise<Target> {
  const bundle = await bundleWorker(checkout);
  // One client sends more requests than any limit allows.
  const { ratelimits: _limits, ...options } = tallymanOptions(bundle, checkout);
  const workerd = await startWorkerd([options]);
  await rm(bundle, { recursive: true });
  const { origin } = await workerd.miniflare.ready;
  return { workerd, origin };
}

/** Runs both in turn, so that whatever slows the machine down slows both. */
async function alternate(before: Target, after: Target, block: Block): Promise<Pair[]> {
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) {
    await block(before);
    await block(after);
  }
  const pairs: Pair[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    pairs.push({ before: await block(before), after: await block(after) });
  }
  return pairs;
}

async function measure(
  { workerd }: Target,
  requests: number,
  request: (index: number) => Promise<unknown>,
): Promise<number> {
  const before = processorMs(workerd.pid);
  for (let index = 0; index < requests; index++) await request(index);
  return (processorMs(workerd.pid) - before) / requests;
}

async function createBatch({ origin }: Target, count: number) {
  const files = Array.from({ length: count }, (_, index) => ({
    name: `file-${index}.bin`,
    size: FILE.length,
    type: "",
  }));
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ files });
  return v.parse(Created, await send(`${origin}/v1/batches`, { method: "POST", headers, body }));
}

async function send(address: string, request: RequestInit): Promise<unknown> {
  const response = await fetch(address, request);
  if (response.ok) return response.json();
  throw new Error(`${response.status}: ${await response.text()}`);
}

function line(name: string, pairs: readonly Pair[]): string {
  const ratios = pairs.map(({ before, after }) => before / after);
  return rowOf([
    name,
    median(pairs.map(({ before }) => before)).toFixed(1),
    median(pairs.map(({ after }) => after)).toFixed(1),
    median(ratios).toFixed(2),
    rangeOf(ratios),
  ]);
}
