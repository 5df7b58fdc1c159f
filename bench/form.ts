// npm run bench:form [-- ROUNDS]: a form (`POST /v1/upload`) beside a bundle of the same files.
import { randomFillSync } from "node:crypto";
import { rm } from "node:fs/promises";
import * as v from "valibot";
import { formBody, formRequest } from "../worker/testing/multipart.ts";
import { batchCalls } from "./batch-calls.ts";
import { median, rangeOf, rowOf } from "./report.ts";
import { bundleWorker, startWorkers } from "./workers.ts";

/** Files of one bundle: `limits.bundleFiles`, and sizes within `limits.bundleBytes`. */
const FILES = 100;
const SIZES = [2_000, 20_000, 80_000];

const Created = v.object({
  tokens: v.object({ write: v.string() }),
  links: v.object({ bundle: v.string() }),
});
const Uploaded = v.object({ batch: v.object({ totals: v.object({ completed: v.number() }) }) });

/** One round with the same files. */
interface Round {
  form: Timed;
  bundle: Timed;
}

interface Timed {
  ms: number;
  /** Calls to the Batch. */
  calls: number;
}

const rounds = Number(process.argv[2] ?? 9);
const worker = await bundleWorker();
try {
  console.log(
    `${FILES} files, medians of ${rounds} rounds; a bundle includes creating its batch\n`,
  );
  console.log(
    "| bytes each | bundle ms | form ms | ratio | all rounds | bundle calls | form calls |",
  );
  console.log("|--:|--:|--:|--:|:-:|--:|--:|");
  for (const size of SIZES) console.log(tableLine(size, await runRounds(size)));
} finally {
  await rm(worker, { recursive: true });
}

async function runRounds(size: number): Promise<Round[]> {
  const workers = await startWorkers(worker);
  const origin = workers.origins.tallyman;
  const done: Round[] = [];
  try {
    // The first rounds compile the Worker and are not counted.
    for (let round = -2; round < rounds; round++) {
      const contents = Array.from({ length: FILES }, () => randomFillSync(new Uint8Array(size)));
      const bundle = round % 2 === 0 ? await sendBundle(origin, contents) : null;
      const form = await sendForm(origin, contents);
      const measured = { form, bundle: bundle ?? (await sendBundle(origin, contents)) };
      if (round >= 0) done.push(measured);
    }
    return done;
  } finally {
    await workers.stop();
  }
}

async function sendForm(origin: string, contents: readonly Uint8Array[]): Promise<Timed> {
  const parts = contents.map((bytes, id) => ({ name: "file", filename: `${id}.bin`, bytes }));
  const request = formRequest(formBody(parts));
  const start = performance.now();
  const response = await fetch(`${origin}/v1/upload`, request);
  const { batch } = v.parse(Uploaded, await response.json());
  if (batch.totals.completed !== FILES) throw new Error(JSON.stringify(batch.totals));
  return { ms: performance.now() - start, calls: batchCalls(response) };
}

async function sendBundle(origin: string, contents: readonly Uint8Array[]): Promise<Timed> {
  const { headers, ...request } = formRequest(
    formBody(contents.map((bytes, id) => ({ name: id, bytes }))),
  );
  const files = contents.map(({ length }, id) => ({ name: `${id}.bin`, size: length }));
  const start = performance.now();
  const creating = await fetch(`${origin}/v1/batches`, {
    method: "POST",
    body: JSON.stringify({ files }),
  });
  const { tokens, links } = v.parse(Created, await creating.json());
  const authorization = { Authorization: `Bearer ${tokens.write}` };
  const response = await fetch(links.bundle, {
    ...request,
    headers: { ...headers, ...authorization },
  });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
  return { ms: performance.now() - start, calls: batchCalls(creating) + batchCalls(response) };
}

function tableLine(size: number, done: readonly Round[]): string {
  const ratios = done.map(({ form, bundle }) => form.ms / bundle.ms);
  return rowOf([
    size.toLocaleString("en"),
    median(done.map(({ bundle }) => bundle.ms)).toFixed(0),
    median(done.map(({ form }) => form.ms)).toFixed(0),
    median(ratios).toFixed(2),
    rangeOf(ratios),
    median(done.map(({ bundle }) => bundle.calls)),
    median(done.map(({ form }) => form.calls)),
  ]);
}
