import type { ClientCode, Ledger } from "../../client/index.ts";

/** The files that failed for one reason. */
export interface FailureGroup {
  code: ClientCode;
  count: number;
  /** Ids of the first of them. */
  first: number[];
}

/** Names that the summary lists for each reason; the file list has them all. */
const NAMES_PER_GROUP = 3;

/** Failed files by reason, the most frequent first. */
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
