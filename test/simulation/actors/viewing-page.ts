import { isDeepStrictEqual } from "node:util";
import type { Uploader, Watcher } from "../../../client/index.ts";
import type { DurableState } from "../checks/history.ts";
import type { Host } from "../time/host.ts";

/** A page with the view that it shows of the batch. */
export interface ViewingPage {
  host: Host;
  view: Uploader | Watcher;
}

/** Returns how a page's view differs from the batch's state, or null. */
export function viewProblem({ host, view }: ViewingPage, expected: DurableState): string | null {
  const shown = view.ledger;
  if (shown.count !== expected.files.length) return `${host.name} shows ${shown.count} files`;
  const wrong = expected.rows.findIndex(([id, state, progress, receivedBytes]) => {
    const row = [state, progress, receivedBytes];
    return !isDeepStrictEqual(row, [shown.state(id), shown.progress(id), shown.receivedBytes(id)]);
  });
  if (wrong >= 0) return `${host.name} shows file ${wrong} as ${shown.state(wrong)}`;
  if (!isDeepStrictEqual(shown.totals, expected.totals)) return `${host.name} shows other totals`;
  const state = view.batch?.state;
  return state === expected.state ? null : `${host.name} shows a batch that is ${state}`;
}
