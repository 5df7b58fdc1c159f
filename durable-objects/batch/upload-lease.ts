import { MINUTE_MS } from "../../protocol/index.ts";
import { type FileEvent, type FileRecord, finalEvents, isStored, isUploading } from "./file.ts";
import type { Tally } from "./tally.ts";

/**
 * The Batch considers an upload alive for this long after its last event. Then its Worker has ended
 * without a word, and the file is queued again.
 */
const LEASE_MS = MINUTE_MS;

/** Returns the fields of a file whose lease starts over. */
export function renewedLease(now: number): Pick<FileRecord, "lastActivityAt"> {
  return { lastActivityAt: now };
}

/** Returns the events of files whose lease has ended. */
export function leaseEndEvents(tally: Tally, now: number): FileEvent[] {
  return [...tally.files.entries()].flatMap(([id, file]) => {
    const { lastActivityAt } = file;
    const hasEnded = lastActivityAt !== undefined && lastActivityAt + LEASE_MS <= now;
    return hasEnded ? eventsOfEnd(id, file) : [];
  });
}

/** Returns the time in ms until the first lease may end. */
export function untilLeaseEnds(tally: Tally, now: number): number {
  const times = tally.files.flatMap((file) =>
    isUploading(file) ? (file.lastActivityAt ?? now) : [],
  );
  const first = times.reduce((least, time) => Math.min(least, time), now);
  return Math.max(0, first + LEASE_MS - now);
}

/** A stored file lacks only the properties that processing would have found; others are requeued. */
function eventsOfEnd(id: number, file: FileRecord): FileEvent[] {
  return isStored(file) ? finalEvents(id) : [{ file: id, event: "timedOut" }];
}
