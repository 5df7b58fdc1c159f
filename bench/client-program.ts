// node client-program.ts, forked by client-process.ts: carries out one order after the other.
import type { Source } from "../client/index.ts";
import { openFile } from "../client/node/open-file.ts";
import { uploadBare, uploadBareParts } from "./bare.ts";
import { BatchCallCounter } from "./batch-calls.ts";
import type { Contents, UploadTask, Uploaded } from "./client-process.ts";
import { uploadTallyman } from "./tallyman.ts";
import { makeFiles } from "./workloads.ts";

const calls = new BatchCallCounter();
/** What was asked for last: the other side is sent the same. */
let made: { contents: string; sources: Source[] } = { contents: "", sources: [] };

process.on("message", (order: UploadTask) => void answer(order));

async function answer(order: UploadTask): Promise<void> {
  process.send?.(await carryOut(order));
}

async function carryOut({ side, origin, contents, concurrency }: UploadTask): Promise<Uploaded> {
  const sources = await sourcesOf(contents);
  const callsBefore = calls.count;
  const start = performance.now();
  const frames = await uploads(contents)[side](origin, sources, concurrency);
  return { ms: performance.now() - start, frames, batchCalls: calls.count - callsBefore };
}

function uploads(contents: Contents) {
  return { bare: "path" in contents ? uploadBareParts : uploadBare, tallyman: uploadTallyman };
}

async function sourcesOf(contents: Contents): Promise<readonly Source[]> {
  const key = JSON.stringify(contents);
  if (made.contents !== key) made = { contents: key, sources: await makeSources(contents) };
  return made.sources;
}

async function makeSources(contents: Contents): Promise<Source[]> {
  return "path" in contents ? [await openFile(contents.path)] : makeFiles(contents);
}
