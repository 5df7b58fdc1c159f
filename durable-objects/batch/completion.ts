import { MINUTE_MS, partSize } from "../../protocol/index.ts";
import { partsDigest } from "../../storage/digests.ts";
import {
  type FileEvent,
  type FileRecord,
  finalEvents,
  hasAllParts,
  needsBytes,
  type TriedMultipart,
} from "./file.ts";
import { partDigests } from "./parts.ts";
import type { DoubtfulCompletion, MultipartCompletion } from "./rpc.ts";
import type { PartRecord, Store } from "./store.ts";
import type { Tally } from "./tally.ts";
import type { OpenBatch } from "./transaction.ts";

/** Time that a caller has for a file's next step, before another caller may take it. */
export const CLAIM_MS = MINUTE_MS;

/**
 * Time for which a multipart upload may still become an object, although R2 responds that it, or a part
 * of it, does not exist: another call may be completing it. Until then it is not counted as lost, and
 * not aborted.
 */
const DOUBT_MS = 2 * MINUTE_MS;

/**
 * True if all parts are stored, but not completed. Such a file may be queued again, if the request that
 * was to complete it ended before. An unwanted object under its key is deleted first: its deletion must
 * not meet the new object.
 */
export function isReadyToComplete(
  file: FileRecord,
): file is FileRecord & Required<Pick<FileRecord, "multipart">> {
  return needsBytes(file) && hasAllParts(file) && !file.unwantedObject;
}

/**
 * Gives a caller the completion of a file, in the transaction of the events that may lead to it.
 *
 * @returns null if parts are missing, or another caller has the completion
 */
export function claimCompletion(
  { tally, store, apply }: OpenBatch,
  id: number,
  by: string,
  ...before: (() => readonly FileEvent[])[]
): MultipartCompletion | null {
  let isClaimed = false;
  apply([], ...before, () => {
    const claiming = claimEvents(id, tally.files[id], by, Date.now());
    isClaimed = claiming.length > 0;
    return claiming;
  });
  return isClaimed ? completionOf(id, tally.files[id], store) : null;
}

/**
 * Returns the events with which a caller takes the completion of a file; none if parts are missing, or
 * another caller has it. A repeated call of the same caller gets it again.
 */
export function claimEvents(
  id: number,
  file: FileRecord | undefined,
  by: string,
  now: number,
): FileEvent[] {
  if (!file || !isReadyToComplete(file)) return [];
  const { claim } = file;
  const isTaken = claim !== undefined && claim.by !== by && claim.at + CLAIM_MS > now;
  return isTaken ? [] : [{ file: id, event: "claimed", by }];
}

/** Returns what a caller needs to complete a file; null if parts are missing. */
function completionOf(
  id: number,
  file: FileRecord | undefined,
  store: Store,
): MultipartCompletion | null {
  if (!file || !isReadyToComplete(file)) return null;
  const parts = store.parts(id).flatMap((part, index) => {
    return part === null ? [] : [{ partNumber: index + 1, etag: part.etag }];
  });
  const { key, id: multipartId } = file.multipart;
  const digests = Object.values(partDigests(id, store));
  const sha256 = file.hasDigest && store.declarations([id])[0]?.sha256;
  return {
    file: id,
    size: file.size,
    multipart: { id: multipartId, key },
    parts,
    ...(sha256 && { sha256 }),
    ...(digests.length === parts.length && { digests }),
  };
}

/** Returns the events of a multipart upload that has become an object. */
export async function completionEvents(
  { file, size, multipart, digests }: Omit<MultipartCompletion, "parts">,
  { etag, isOpen }: { etag: string; isOpen: boolean },
): Promise<FileEvent[]> {
  // R2's etag of an object made of parts has their number; without one, another request has put it whole.
  const digest = digests && etag.includes("-") && { partsDigest: await partsDigest(digests) };
  const completed = { etag, size, isOpen, ...multipart, ...digest };
  return [{ file, event: "multipartCompleted", ...completed }, ...finalEvents(file)];
}

/**
 * Returns the events that follow after R2 could not complete a file. Before the doubt has lasted two
 * minutes, the completion is tried again. After that, the parts that several requests have sent are
 * requested again; if there are none, the upload is lost.
 */
export function doubtEvents(
  { tally, store }: { tally: Tally; store: Pick<Store, "parts" | "savePart"> },
  id: number,
  { multipartId, doubt }: DoubtfulCompletion,
  now: number,
): FileEvent[] {
  const file = tally.files[id];
  if (!file || !isReadyToComplete(file) || file.multipart.id !== multipartId) {
    return [{ file: id, event: "released" }];
  }
  const { doubtfulSince = now } = file.multipart;
  const repeated = doubt === "invalidPart" ? repeatedParts(id, store) : [];
  if (doubtfulSince + DOUBT_MS > now) {
    for (const [number, part] of repeated) store.savePart(id, number, nextContent(part));
    return [{ file: id, event: "multipartDoubted", id: multipartId }];
  }
  if (repeated.length === 0) return [{ file: id, event: "multipartLost", id: multipartId }];
  for (const [number] of repeated) store.savePart(id, number, null);
  const bytes = repeated.reduce((sum, [number]) => sum + partSize(file.size, number), 0);
  return [{ file: id, event: "partsDropped", id: multipartId, parts: repeated.length, bytes }];
}

/** True if R2 cannot be completing a multipart upload any more, as far as is known. */
export function isSafeToAbort({ triedAt = -Infinity }: TriedMultipart, now: number): boolean {
  return triedAt + DOUBT_MS <= now;
}

type Cancelled = Pick<FileRecord, "cancelledAt">;

/** True if a file or batch was cancelled so long ago that no request stores objects of it any more. */
export function isSafeToClean({ cancelledAt = Infinity }: Cancelled, now: number): boolean {
  return cancelledAt + DOUBT_MS <= now;
}

/** Returns the numbers and records of the parts that several requests have sent. */
function repeatedParts(id: number, store: Pick<Store, "parts">): [number, PartRecord][] {
  return store.parts(id).flatMap((part, index): [number, PartRecord][] => {
    return part?.others === undefined ? [] : [[index + 1, part]];
  });
}

/** R2 keeps the last of several contents, and requests may have reported them in another order. */
function nextContent({ others = [], ...content }: PartRecord): PartRecord {
  const [next, ...rest] = others;
  return next ? { ...next, others: [...rest, content] } : { ...content, others };
}
