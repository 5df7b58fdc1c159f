import { signal } from "@preact/signals";
import type * as BatchView from "./batch-view.ts";

/** The code that shows a batch; null until it has loaded. Batches are sent without it as well. */
export const batchView = signal<typeof BatchView | null>(null);
/** True if the last attempt to load it failed. */
export const hasLoadFailed = signal(false);

/** Loads the code that shows a batch. Call again after a failure. */
export async function loadBatchView(): Promise<void> {
  hasLoadFailed.value = false;
  try {
    batchView.value = await import("./batch-view.ts");
  } catch {
    hasLoadFailed.value = true;
  }
}
