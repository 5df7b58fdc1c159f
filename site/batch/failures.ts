import type { ClientCode, Ledger } from "../../client/index.ts";

/** Files that failed for the same reason. */
export interface FailureGroup {
  code: ClientCode;
  count: number;
  /** Ids of the first few files. */
  first: number[];
}

/** File names per group in the summary. The list shows all of them. */
const NAMES_PER_GROUP = 3;

/** Returns failed files grouped by problem code, the largest group first. */
export function failureGroups(
  ledger: Pick<Ledger, "count" | "state" | "errorCode">,
): FailureGroup[] {
  const groups = new Map<ClientCode, FailureGroup>();
  for (let id = 0; id < ledger.count; id++) {
    const code = ledger.state(id) === "failed" ? ledger.errorCode(id) : null;
    if (code !== null) addTo(groups, code, id);
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count);
}

function addTo(groups: Map<ClientCode, FailureGroup>, code: ClientCode, id: number): void {
  const group = groups.get(code) ?? { code, count: 0, first: [] };
  group.count += 1;
  if (group.first.length < NAMES_PER_GROUP) group.first.push(id);
  groups.set(code, group);
}
