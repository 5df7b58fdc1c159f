import { type FileParts, partLayout } from "../../protocol/index.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import { type EventOf, type FileEvent, type FileRecord, isStored, needsBytes } from "./file.ts";
import { allowedEvents } from "./reopening.ts";
import type { NewMultipart, StoredPart } from "./rpc.ts";
import type { PartContent, PartRecord, Store } from "./store.ts";
import type { OpenBatch } from "./transaction.ts";

/**
 * Counts the requests that were admitted for a part before it was recorded: each of them may replace
 * the part in R2, even if it is never recorded. They are in memory only. A request that was admitted
 * before a restart may still send its part, even to a multipart upload that is opened later: so after a
 * restart, every further part of the files that were declared before counts as repeated.
 */
export class PartRequests {
  readonly #counts = new Map<string, number>();
  /** Multipart uploads whose requests are all counted. */
  readonly #opened = new Set<string>();
  readonly #firstNew: number;

  /** @param declared number of files that were declared before the object has started */
  constructor(declared: number) {
    this.#firstNew = declared;
  }

  /** Notes a multipart upload that is registered; no request can have sent parts of it before. */
  open(file: number, multipartId: string): void {
    if (file >= this.#firstNew) this.#opened.add(multipartId);
  }

  add(file: number, part: number): void {
    const key = `${file}/${part}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Forgets the requests for a part. @returns true if it may have been sent more than once */
  take(file: number, { number, multipartId }: StoredPart): boolean {
    const key = `${file}/${number}`;
    const count = this.#counts.get(key);
    this.#counts.delete(key);
    return count !== 1 || !this.#opened.has(multipartId);
  }
}

/**
 * True if the tally would count a part of this multipart upload. A part that it would not count must
 * not be recorded either: the client would never send it again.
 */
export function acceptsPart(file: FileRecord | undefined, multipartId: string): boolean {
  return file !== undefined && needsBytes(file) && file.multipart?.id === multipartId;
}

/**
 * Registers a multipart upload, unless the file has another one, and retries a failed file.
 *
 * @returns the file's multipart upload; null if the file needs no parts
 */
export function registerMultipart(
  batch: OpenBatch,
  id: number,
  { reopens, ...multipart }: NewMultipart,
  requests: PartRequests,
): MultipartUpload | null {
  const { tally } = batch;
  const isKnown = openMultipart(tally.files[id])?.id === multipart.id;
  const retried = { file: id, event: "retried", reopens } as const;
  const opened = { file: id, event: "multipartOpened", ...multipart } as const;
  batch.apply(allowedEvents(batch, [retried, opened]));
  const chosen = openMultipart(tally.files[id]);
  if (!isKnown && chosen?.id === multipart.id) requests.open(id, chosen.id);
  return chosen;
}

/** Records a part. Returns the event to apply; none if the file needs no parts any more. */
export function savePart(
  id: number,
  part: StoredPart,
  { tally, store }: OpenBatch,
  requests: PartRequests,
): FileEvent[] {
  const { number, multipartId, bytes, upload, properties } = part;
  if (!acceptsPart(tally.files[id], multipartId)) return [];
  const known = store.part(id, number);
  if (known) {
    if (known.etag !== part.etag) store.savePart(id, number, replaced(known, contentOf(part)));
    return [{ file: id, event: "partRepeated", upload }];
  }
  const isRepeated = requests.take(id, part);
  store.savePart(id, number, { ...contentOf(part), ...(isRepeated && { others: [] }) });
  return [{ file: id, event: "partStored", upload, bytes, ...(properties && { properties }) }];
}

function contentOf({ etag, sha256, crc32 }: StoredPart): PartContent {
  return { etag, sha256, ...(crc32 !== undefined && { crc32 }) };
}

/** Records the digests of a completed file's parts, if requests have reported others since. */
export function saveDigests(
  { file: id, digests = [], partsDigest }: EventOf<"multipartCompleted">,
  { tally, store }: OpenBatch,
): void {
  if (partsDigest === undefined || tally.files[id]?.partsDigest !== partsDigest) return;
  for (const [index, part] of store.parts(id).entries()) {
    const sha256 = digests[index];
    if (part === null || sha256 === undefined || sha256 === part.sha256) continue;
    store.savePart(id, index + 1, { ...part, sha256 });
  }
}

/** R2 keeps the latest of two parts with the same number. */
function replaced({ others = [], ...known }: PartRecord, content: PartContent): PartRecord {
  const all = [known, ...others];
  return { ...content, others: all.filter(({ etag }) => etag !== content.etag) };
}

/** Returns the multipart upload that a file's parts belong to; null if none is open. */
export function openMultipart(file: FileRecord | undefined): MultipartUpload | null {
  const { id, key } = file?.multipart ?? {};
  return id !== undefined && key !== undefined ? { id, key } : null;
}

/** Returns the `parts` of a file's resource. */
export function partsResource(id: number, file: FileRecord, store: Store): FileParts {
  const { partBytes, count } = partLayout(file.size);
  const stored = isStored(file) ? [] : store.parts(id);
  const isReceived = (part: number) => isStored(file) || Boolean(stored[part - 1]);
  const received = Array.from({ length: count }, (_, index) => index + 1).filter(isReceived);
  return { partBytes, count, received };
}

/**
 * Returns the hex SHA-256 of each stored part by its number, by which a client recognises its file.
 * They remain after the file is completed.
 */
export function partDigests(id: number, store: Store): Record<string, string> {
  return Object.fromEntries(
    store.parts(id).flatMap((part, index) => (part?.sha256 ? [[index + 1, part.sha256]] : [])),
  );
}
