import { MINUTE_MS, partLayout, partSize } from "../../protocol/index.ts";
import { partsCrc32 } from "../../storage/crc32.ts";
import { digestRange, partsDigest, type RangeDigests } from "../../storage/digests.ts";
import type { CompletedObject } from "../../storage/multipart.ts";
import { retryTransient } from "../../storage/retry.ts";
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
import type { PartContent, PartRecord, Store } from "./store.ts";
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
  const records = store.parts(id);
  const parts = records.flatMap((part, index) => {
    return part === null ? [] : [{ partNumber: index + 1, etag: part.etag }];
  });
  const { key, id: multipartId } = file.multipart;
  const digests = Object.values(partDigests(id, store));
  const crc32s = records.flatMap((part) => part?.crc32 ?? []);
  const sha256 = file.hasDigest && store.declarations([id])[0]?.sha256;
  const ambiguousParts = ambiguous(records);
  return {
    file: id,
    size: file.size,
    multipart: { id: multipartId, key },
    parts,
    ...(sha256 && { sha256 }),
    ...(digests.length === parts.length && { digests }),
    ...(crc32s.length === parts.length && { crc32s }),
    ...(ambiguousParts.length > 0 && { ambiguousParts }),
  };
}

/** Returns the numbers of the parts with several contents. */
function ambiguous(records: readonly (PartRecord | null)[]): number[] {
  return records.flatMap((part, index) => {
    const others = part?.others ?? [];
    return others.some((other) => !isSameContent(other, part)) ? [index + 1] : [];
  });
}

function isSameContent(a: PartContent, b: PartContent | null): boolean {
  return a.sha256 === b?.sha256 && a.crc32 === b.crc32;
}

/**
 * Returns the events of a multipart upload that has become an object.
 *
 * @throws StorageError if the object's parts can't be read
 */
export async function completionEvents(
  bucket: R2Bucket,
  completion: Omit<MultipartCompletion, "parts">,
  object: CompletedObject,
): Promise<FileEvent[]> {
  const { file, size, multipart } = completion;
  const { etag, isOpen } = object;
  const { digests, crc32s } = await contentOf(bucket, completion, object);
  const known = digests && { partsDigest: await partsDigest(digests), digests };
  const crc32 = crc32s && { crc32: partsCrc32(size, crc32s) };
  const completed = { etag, size, isOpen, ...multipart, ...known, ...crc32 };
  return [{ file, event: "multipartCompleted", ...completed }, ...finalEvents(file)];
}

/**
 * Returns the digests of an object's parts that are known. An object that was found may have another
 * content of a part than the one that was recorded last, so such parts are read.
 */
async function contentOf(
  bucket: R2Bucket,
  completion: Omit<MultipartCompletion, "parts">,
  { etag, isFound }: CompletedObject,
): Promise<{ digests?: string[] | undefined; crc32s?: number[] | undefined }> {
  // R2's etag of an object made of parts has their number; without one, another request has put it whole.
  if (!etag.includes("-")) return {};
  const read = isFound ? await readAmbiguous(bucket, completion, etag) : new Map<number, never>();
  const digests = completion.digests?.map((known, index) => read.get(index + 1)?.sha256 ?? known);
  const crc32s = completion.crc32s?.map((known, index) => read.get(index + 1)?.crc32 ?? known);
  return { digests, crc32s };
}

/** Returns the contents of an object's ambiguous parts by their numbers. */
async function readAmbiguous(
  bucket: R2Bucket,
  { size, multipart: { key }, ambiguousParts = [] }: Omit<MultipartCompletion, "parts">,
  etag: string,
): Promise<ReadonlyMap<number, RangeDigests>> {
  const { partBytes } = partLayout(size);
  const contents = new Map<number, RangeDigests>();
  for (const number of ambiguousParts) {
    const range = { offset: (number - 1) * partBytes, length: partSize(size, number) };
    const read = await retryTransient(() => digestRange(bucket, { key, etag }, range));
    contents.set(number, read);
  }
  return contents;
}

/** Returns a completion to the file. @returns the completion with the newest parts for `by`, if given */
export function releaseCompletion(
  batch: OpenBatch,
  id: number,
  doubtful: DoubtfulCompletion | null,
  by: string | null,
): MultipartCompletion | null {
  const release = (): FileEvent[] =>
    doubtful ? doubtEvents(batch, id, doubtful, Date.now()) : [{ file: id, event: "released" }];
  if (by !== null) return claimCompletion(batch, id, by, release);
  batch.apply([], release);
  return null;
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
