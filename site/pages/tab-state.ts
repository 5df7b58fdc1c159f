import type { LiveState } from "../batch/live-state.ts";
import type { TabState } from "./tab-icon.ts";

interface TabFacts {
  /** True if all files are stored, have failed or were cancelled. */
  isOver: boolean;
  isCancelled: boolean;
  /** Number of files. */
  failed: number;
  live: LiveState | null;
}

const TAB_STATES: Readonly<Partial<Record<LiveState, TabState>>> = {
  paused: "paused",
  outage: "offline",
  offline: "offline",
  unresponsive: "offline",
  gone: "offline",
  quiet: "offline",
};

/** Returns what the tab says of a batch. Failures wait for a person, so they come last during the upload. */
export function tabState({ isOver, isCancelled, failed, live }: TabFacts): TabState {
  if (isCancelled) return "cancelled";
  if (isOver) return failed > 0 ? "failed" : "done";
  return TAB_STATES[live ?? "live"] ?? "running";
}
