import type { Ledger } from "../../client/index.ts";
import type { FileState } from "../../protocol/index.ts";

/** What needs the reader comes first, what is settled comes last. */
const STATES: readonly FileState[] = [
  "failed",
  "processing",
  "uploading",
  "queued",
  "completed",
  "cancelled",
];

/** Ids of all files by state, those of one state as they were added. */
export function byState(ledger: Pick<Ledger, "count" | "state">): Uint32Array {
  const ids = new Uint32Array(ledger.count);
  let length = 0;
  for (const state of STATES) {
    for (let id = 0; id < ids.length; id++) if (ledger.state(id) === state) ids[length++] = id;
  }
  return ids;
}

/** Ids of all files by size, those of one size as they were added. */
export function bySize(
  ledger: Pick<Ledger, "count" | "size">,
  first: "largest" | "smallest",
): Uint32Array {
  const sign = first === "largest" ? -1 : 1;
  return idsOf(ledger).toSorted((a, b) => sign * (ledger.size(a) - ledger.size(b)) || a - b);
}

/** Ids of all files as they were added. */
export function idsOf({ count }: Pick<Ledger, "count">): Uint32Array {
  return Uint32Array.from({ length: count }, (_, id) => id);
}
