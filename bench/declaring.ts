import { BatchApi, createBatch } from "../client/api/batch-api.ts";
import { LIMITS } from "../protocol/index.ts";
import { FrameCounter } from "./frames.ts";

export interface DeclaringRun {
  /** From the answer to the declaration until a watcher who was already there got a frame; negative: before it. */
  connectedMs: number;
  /** From the same answer until a watcher who came then got a first frame. */
  laterMs: number;
}

/** Declares as many files as a batch can have, in one request. */
export async function measureDeclaring(endpoint: string): Promise<DeclaringRun> {
  const { signal } = new AbortController();
  const batch = await createBatch(endpoint, undefined, { files: [] }, { signal });
  const watching = new FrameCounter(endpoint, batch);
  await watching.next();
  const seen = watching.next();
  await new BatchApi(endpoint, batch.id, batch.tokens.write, signal).addFiles(manifest(), 0);
  const answered = performance.now();
  const coming = new FrameCounter(endpoint, batch);
  const arrived = await coming.next();
  const run = { connectedMs: (await seen) - answered, laterMs: arrived - answered };
  watching.close();
  coming.close();
  return run;
}

function manifest() {
  return Array.from({ length: LIMITS.files }, (_, index) => ({
    name: `file-${index}.bin`,
    size: 2000,
    type: "",
  }));
}
