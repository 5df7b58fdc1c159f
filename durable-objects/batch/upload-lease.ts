import { MINUTE_MS } from "../../protocol/index.ts";
import {
  type FileEvent,
  type FileRecord,
  finalEvents,
  hasAllParts,
  isStored,
  isUploading,
  needsBytes,
} from "./file.ts";
import type { Tally } from "./tally.ts";

/**
 * The Batch considers an upload alive for this long after its last event. Then its Worker has ended
 * without a word, and the file is queued again.
 */
const LEASE_MS = MINUTE_MS;

/** The same for a file whose parts are all stored: R2 may need two minutes to complete it. */
const COMPLETION_LEASE_MS = 3 * MINUTE_MS;

/** Returns the fields of a file whose lease starts over. */
export function renewedLease(now: number): Pick<FileRecord, "lastActivityAt"> {
  return { lastActivityAt: now };
}

/**
 * True if a request that the file does not know may be sending it: bytes have arrived after its lease
 * had ended during a silence, or after a restart. A request that was replaced does not return.
 */
export function mayReturn(file: FileRecord): boolean {
  return needsBytes(file) && (file.state === "queued" || file.multipart !== undefined);
}

/** Returns the events of files whose lease has ended. */
export function leaseEndEvents(tally: Tally, now: number): FileEvent[] {
  return [...tally.files.entries()].flatMap(([id, file]) => {
    return leaseEnd(file) <= now ? eventsOfEnd(id, file) : [];
  });
}

/** Returns the time in ms until the first lease may end. */
export function untilLeaseEnds(tally: Tally, now: number): number {
  const ends = tally.files.flatMap((file) => (isUploading(file) ? leaseEnd(file) : []));
  const first = ends.reduce((least, end) => Math.min(least, end), now + LEASE_MS);
  return Math.max(0, first - now);
}

function leaseEnd(file: FileRecord): number {
  const { lastActivityAt = Infinity } = file;
  return lastActivityAt + (hasAllParts(file) ? COMPLETION_LEASE_MS : LEASE_MS);
}

/** A stored file lacks only the properties that processing would have found; others are requeued. */
function eventsOfEnd(id: number, file: FileRecord): FileEvent[] {
  return isStored(file) ? finalEvents(id) : [{ file: id, event: "timedOut" }];
}
