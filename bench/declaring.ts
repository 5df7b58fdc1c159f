import { BatchApi, createBatch } from "../client/api/batch-api.ts";
import { LIMITS } from "../protocol/index.ts";
import { FrameCounter } from "./frames.ts";

/** Times from the response to the declaration until a watcher receives its first frame, in ms. */
export interface DeclaringRun {
  /** For a watcher that was connected before the request; negative if the frame precedes the response. */
  connectedMs: number;
  /** For a watcher that connects after the response. */
  laterMs: number;
}

/** Declares 10,000 files, the most that a batch can have, in one request. */
export async function measureDeclaring(endpoint: string): Promise<DeclaringRun> {
  const { signal } = new AbortController();
  const batch = await createBatch(endpoint, undefined, { files: [] }, { signal });
  const connected = new FrameCounter(endpoint, batch);
  await connected.next();
  const connectedFrame = connected.next();
  await new BatchApi(endpoint, batch.id, batch.tokens.write, signal).addFiles(manifest(), 0);
  const response = performance.now();
  const later = new FrameCounter(endpoint, batch);
  const laterFrame = await later.next();
  const run = { connectedMs: (await connectedFrame) - response, laterMs: laterFrame - response };
  connected.close();
  later.close();
  return run;
}

function manifest() {
  return Array.from({ length: LIMITS.files }, (_, index) => ({
    name: `file-${index}.bin`,
    size: 2000,
    type: "",
  }));
}
