import { type FileParts, MINUTE_MS, partLayout } from "../../protocol/index.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import { type FileEvent, type FileRecord, hasAllParts, isStored, needsBytes } from "./file.ts";
import type { MultipartCompletion, StoredPart } from "./rpc.ts";
import type { Store } from "./store.ts";

/** Time that a caller has to complete a file before another caller may try. */
const LEASE_MS = MINUTE_MS;

/**
 * Leases of completions, so that one caller at a time completes a file. They are in memory only: after
 * an eviction two callers may complete the same file, which R2 allows.
 */
export class CompletionLeases {
  /** Start of each lease by file, in ms since 1970. */
  readonly #leases = new Map<number, number>();

  /** Leases the completion of a file; null if parts are missing or another caller has the lease. */
  claim(
    id: number,
    file: FileRecord | undefined,
    store: Store,
    now: number,
  ): MultipartCompletion | null {
    if (!file || !isReadyToComplete(file) || this.#isLeased(id, now)) return null;
    this.#leases.set(id, now);
    const parts = store.parts(id).flatMap((part, index) => {
      return part === null ? [] : [{ partNumber: index + 1, etag: part.etag }];
    });
    const digests = Object.values(partDigests(id, store));
    const { key, id: multipartId } = file.multipart;
    return { file: id, size: file.size, multipart: { id: multipartId, key }, parts, digests };
  }

  /** Lets another caller complete the file at once. */
  release(id: number): void {
    this.#leases.delete(id);
  }

  #isLeased(id: number, now: number): boolean {
    const start = this.#leases.get(id);
    return start !== undefined && start + LEASE_MS > now;
  }
}

/**
 * True if all parts are stored, but not completed. Such a file may be queued again, if the request that
 * was to complete it ended before.
 */
export function isReadyToComplete(
  file: FileRecord,
): file is FileRecord & Required<Pick<FileRecord, "multipart">> {
  return needsBytes(file) && hasAllParts(file);
}

/**
 * True if the tally would count a part of this multipart upload. A part that it would not count must
 * not be recorded either: the client would never send it again.
 */
export function acceptsPart(file: FileRecord | undefined, multipartId: string): boolean {
  return file !== undefined && needsBytes(file) && file.multipart?.id === multipartId;
}

/** Records a part. Returns the event to apply; none if the part was recorded before. */
export function savePart(
  id: number,
  part: StoredPart,
  file: FileRecord | undefined,
  store: Store,
): FileEvent[] {
  const { number, multipartId, etag, sha256, bytes, upload, properties } = part;
  if (!acceptsPart(file, multipartId)) return [];
  const isNew = store.part(id, number) === null;
  // R2 keeps the latest of two parts with the same number.
  store.savePart(id, number, { etag, sha256 });
  const event = { file: id, event: "partStored", upload, bytes } as const;
  return isNew ? [{ ...event, ...(properties && { properties }) }] : [];
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
    store.parts(id).flatMap((part, index) => (part === null ? [] : [[index + 1, part.sha256]])),
  );
}
