import type { Ledger } from "../../client/index.ts";

/** True if the server has stored each of the batch's files with the SHA-256 that it has on this device. */
export function isEveryFileChecked(
  ledger: Pick<Ledger, "count" | "serverState" | "checked">,
): boolean {
  let stored = 0;
  for (let id = 0; id < ledger.count; id++) {
    if (ledger.serverState(id) !== "completed") continue;
    if (!ledger.checked.has(id)) return false;
    stored++;
  }
  return stored > 0;
}
