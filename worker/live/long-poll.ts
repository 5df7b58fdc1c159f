import type { BatchClient } from "../batches/batch-client.ts";
import { watch } from "./watch.ts";

/** Resolves once the batch's rev is above `since`, after so many seconds, or when nobody waits. */
export async function waitForChange(
  batch: BatchClient,
  since: number,
  seconds: number,
  request: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, request, AbortSignal.timeout(seconds * 1000)]);
  await watch(await batch.live(since), signal, ({ rev }) => {
    if (rev > since) done.abort();
  });
}
