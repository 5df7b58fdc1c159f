import { isDeepStrictEqual } from "node:util";
import type { Uploader, Watcher } from "../../../client/index.ts";
import type { DurableState } from "../checks/history.ts";
import type { Host } from "../time/host.ts";

/** A page, and what it shows of the batch. */
export interface ViewingPage {
  host: Host;
  view: Uploader | Watcher;
}

/** What is wrong with what a page shows, once it should show how things are; null is nothing. */
export function viewProblem({ host, view }: ViewingPage, moment: DurableState): string | null {
  const shown = view.ledger;
  if (shown.count !== moment.files.length) return `${host.name} shows ${shown.count} files`;
  const wrong = moment.rows.findIndex(([id, state, progress, receivedBytes]) => {
    const known = [state, progress, receivedBytes];
    return !isDeepStrictEqual(known, [
      shown.state(id),
      shown.progress(id),
      shown.receivedBytes(id),
    ]);
  });
  if (wrong >= 0) return `${host.name} shows file ${wrong} as ${shown.state(wrong)}`;
  if (!isDeepStrictEqual(shown.totals, moment.totals)) return `${host.name} shows other totals`;
  const state = view.batch?.state;
  return state === moment.state ? null : `${host.name} shows a batch that is ${state}`;
}
