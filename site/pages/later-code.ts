import { computed } from "@preact/signals";
import { LazyCode } from "../ui/lazy-code.ts";

/** The code that shows a batch. Batches are sent without it as well. */
export const batchView = new LazyCode(() => import("./batch-view.ts"));

/** The code that saves and resumes batches, and lists the recent ones. */
export const resumeCode = new LazyCode(() => import("../resume/index.ts"));

/** The code that reads this browser's records of batches. */
export const savedBatches = new LazyCode(() => import("../persistence/batches.ts"));

/** The code that could not be loaded. */
export const failedCode = computed(() =>
  [batchView, resumeCode, savedBatches].filter(({ hasFailed }) => hasFailed.value),
);
