import type { Ledger } from "../../client/index.ts";
import { STATES_BY_RANK } from "./state-display.ts";

/** Returns all file ids by state; files in the same state stay in the order added. */
export function byState(files: Pick<Ledger, "count" | "state">): Uint32Array {
  const ids = new Uint32Array(files.count);
  let length = 0;
  for (const state of STATES_BY_RANK) {
    for (let id = 0; id < ids.length; id++) if (files.state(id) === state) ids[length++] = id;
  }
  return ids;
}

/** Returns all file ids by size; files of the same size stay in the order added. */
export function bySize(
  files: Pick<Ledger, "count" | "size">,
  first: "largest" | "smallest",
): Uint32Array {
  const sign = first === "largest" ? -1 : 1;
  return idsOf(files).toSorted((a, b) => sign * (files.size(a) - files.size(b)) || a - b);
}

/** Returns all file ids in the order added. */
export function idsOf({ count }: Pick<Ledger, "count">): Uint32Array {
  return Uint32Array.from({ length: count }, (_, id) => id);
}
