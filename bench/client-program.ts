// The program of `ClientProcess`: runs one upload task after the other.
import type { Source } from "../client/index.ts";
import { openFile } from "../client/node/open-file.ts";
import { uploadBare, uploadBareParts } from "./bare.ts";
import { BatchCallCounter } from "./batch-calls.ts";
import type { Contents, Uploaded, UploadTask } from "./client-process.ts";
import { RequestsInFlight } from "./requests-in-flight.ts";
import { loadClient, uploadFiles, uploadWatched } from "./tallyman.ts";
import { makeFiles } from "./workloads.ts";

const batchCalls = new BatchCallCounter();
const requests = new RequestsInFlight();
/** The sources of the latest task, as both sides upload the same files. */
let made: { contents: string; sources: Source[] } = { contents: "", sources: [] };

process.on("message", (task: UploadTask) => void respond(task));

async function respond(task: UploadTask): Promise<void> {
  process.send?.(await run(task));
}

async function run(task: UploadTask): Promise<Uploaded> {
  const sources = await sourcesOf(task.contents);
  const upload = await uploaderOf(task);
  const callsBefore = batchCalls.count;
  requests.start();
  const start = performance.now();
  const frames = await upload(task.origin, sources, task.concurrency);
  const ms = performance.now() - start;
  return { ms, frames, batchCalls: batchCalls.count - callsBefore, inFlight: requests.stop() };
}

/** Returns the function that runs an upload and resolves with the number of frames. */
async function uploaderOf({ side, contents, checkout }: UploadTask): Promise<typeof uploadWatched> {
  if (side === "bare") return "path" in contents ? uploadBareParts : uploadBare;
  if (checkout === undefined) return uploadWatched;
  const client = await loadClient(checkout);
  return (...upload) => uploadFiles(client, ...upload).then(() => 0);
}

async function sourcesOf(contents: Contents): Promise<readonly Source[]> {
  const key = JSON.stringify(contents);
  if (made.contents !== key) made = { contents: key, sources: await makeSources(contents) };
  return made.sources;
}

async function makeSources(contents: Contents): Promise<Source[]> {
  return "path" in contents ? [await openFile(contents.path)] : makeFiles(contents);
}
