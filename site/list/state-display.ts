import { FILE_STATES, type FileState, isSettled } from "../../protocol/index.ts";

/** Display of the files in one state. */
interface StateDisplay {
  /** Filter that selects these files. */
  filter: "queued" | "inProgress" | "completed" | "failed" | "cancelled";
  /** Place in the order "Failed first": files that need attention first, settled ones last. */
  rank: number;
  /** Colour of the state's text; null for the default one. */
  tone: "failed" | "stored" | null;
  /** True if a successful file passes through this state, in the order of FILE_STATES. */
  isStep: boolean;
}

/** Everything about a state that the list needs to know. The words are in the language files. */
export const STATE_DISPLAY: Readonly<Record<FileState, StateDisplay>> = {
  queued: { filter: "queued", rank: 3, tone: null, isStep: true },
  uploading: { filter: "inProgress", rank: 2, tone: null, isStep: true },
  processing: { filter: "inProgress", rank: 1, tone: null, isStep: true },
  completed: { filter: "completed", rank: 4, tone: "stored", isStep: true },
  failed: { filter: "failed", rank: 0, tone: "failed", isStep: false },
  cancelled: { filter: "cancelled", rank: 5, tone: null, isStep: false },
};

/** States in the order "Failed first". */
export const STATES_BY_RANK: readonly FileState[] = FILE_STATES.toSorted(
  (a, b) => STATE_DISPLAY[a].rank - STATE_DISPLAY[b].rank,
);

/** States that a successful file passes through, in order. */
export const SUCCESS_STEPS: readonly FileState[] = FILE_STATES.filter(
  (state) => STATE_DISPLAY[state].isStep,
);

export type Filter = "all" | StateDisplay["filter"];

export const FILTERS: readonly Filter[] = [
  ...new Set<Filter>(["all", ...FILE_STATES.map((state) => STATE_DISPLAY[state].filter)]),
];

/** The states that a filter selects. */
export function statesOf(filter: Filter): readonly FileState[] {
  return FILE_STATES.filter((state) => filter === "all" || STATE_DISPLAY[state].filter === filter);
}

/**
 * True if a filter that selects no file is hidden. Failed and cancelled files are exceptions, and
 * after the end of the batch no file is waiting or in progress.
 */
export function isHiddenWhenEmpty(filter: Filter, hasEnded: boolean): boolean {
  const states = statesOf(filter);
  return !states.includes("completed") && (hasEnded || states.every(isSettled));
}
