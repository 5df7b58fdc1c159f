import { parseAccess } from "./access.ts";
import { initialFrames } from "./frames.ts";
import { ok, refusedWatcher, tooManyWatchers } from "./refusals.ts";
import type { Transactions } from "./transaction.ts";
import type { UploaderPresence } from "./uploader-presence.ts";
import type { Watchers } from "./watchers.ts";

/** Opens a watcher's socket, for a request that the Worker has made itself. */
export function openSocket(
  { url }: Request,
  transactions: Transactions,
  watchers: Watchers,
  presence: UploaderPresence,
): Response {
  const { searchParams: query } = new URL(url);
  const [since, address] = [query.get("since"), query.get("address")];
  const access = parseAccess(new URL(url));
  const admitted = transactions.run((batch) => {
    if (watchers.isRefused(address)) return refusedWatcher();
    const limit = watchers.reachedLimit(address);
    if (limit !== null) return tooManyWatchers(limit);
    presence.onOpen(batch, access);
    return ok(batch);
  }, access);
  if (!admitted.ok) return Response.json(admitted);
  const { 0: client, 1: server } = new WebSocketPair();
  // After the transaction, which may have left changes that older watchers have to get first.
  const frames = () => initialFrames(admitted.value, since === null ? null : Number(since));
  watchers.add(server, frames, { address, scope: access?.scope ?? null });
  presence.onChange(admitted.value);
  return new Response(null, { status: 101, webSocket: client });
}
