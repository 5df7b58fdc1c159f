import { signal } from "@preact/signals";
import { surface } from "../../client/surface.ts";
import { isThrownByScript } from "../../client/thrown-by-script.ts";
import type * as BatchView from "./batch-view.ts";

/** The code that shows a batch; null until it has loaded. Batches are sent without it as well. */
export const batchView = signal<typeof BatchView | null>(null);
/** True if the last attempt to load it failed. */
export const hasLoadFailed = signal(false);

const load = () => import("./batch-view.ts");

/** Loads the code that shows a batch. Call again after a failure. */
export async function loadBatchView(): Promise<void> {
  hasLoadFailed.value = false;
  try {
    batchView.value = await load();
  } catch (error) {
    hasLoadFailed.value = true;
    if (await isThrownByScript(load, error)) surface(error);
  }
}
