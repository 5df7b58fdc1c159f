import type { ClientCode, Ledger } from "../../client/index.ts";
import { ListedFiles } from "../list/listed-files.ts";
import type { Board } from "./board.ts";

/** Files that failed for the same reason. */
export interface FailureGroup {
  code: ClientCode;
  count: number;
  /** Id of the first file. */
  first: number;
}

/**
 * Returns failed files grouped by problem code, the largest group first.
 *
 * @param isRetrying true for a file that has not failed for good
 */
export function failureGroups(
  files: Pick<Ledger, "count" | "state" | "errorCode">,
  isRetrying: (id: number) => boolean = () => false,
): FailureGroup[] {
  const groups = new Map<ClientCode, FailureGroup>();
  for (let id = 0; id < files.count; id++) {
    const code = files.state(id) === "failed" && !isRetrying(id) ? files.errorCode(id) : null;
    if (code !== null) addTo(groups, code, id);
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count);
}

/**
 * Returns the files that have failed, except those that are being retried by themselves. It visits all files,
 * a few times a second while some have failed.
 */
export function lastingFailures(board: Board): FailureGroup[] {
  const { tick, hasFailures, view } = board;
  void tick.value;
  const isRetrying = (id: number): boolean => view.isRetrying?.(id) ?? false;
  return hasFailures.value ? failureGroups(new ListedFiles(board), isRetrying) : [];
}

function addTo(groups: Map<ClientCode, FailureGroup>, code: ClientCode, id: number): void {
  const group = groups.get(code) ?? { code, count: 0, first: id };
  group.count += 1;
  groups.set(code, group);
}

/** Returns the number of failed files. */
export function failedCount(groups: readonly FailureGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

/** Returns the id of the first failed file; null if none failed. */
export function firstFailed(groups: readonly FailureGroup[]): number | null {
  return groups.length === 0 ? null : Math.min(...groups.map(({ first }) => first));
}
