import {
  type FileProperties,
  isSettled,
  partLayout,
  type FileParts,
} from "../../protocol/index.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import type { UploadedPart } from "../../storage/multipart.ts";
import type { Admission } from "./admission.ts";
import { needsBytes } from "./transitions.ts";
import { type FileRecord, isStored, type FileEvent } from "./file.ts";
import type { Store } from "./store.ts";
import type { SingleFileDetails } from "./views.ts";

/** What the Worker must know before it takes the bytes of one part. */
export interface PartAdmission {
  file: Admission;
  /** Bytes of this part; 0 where the file has no such part. */
  bytes: number;
  /** Null until one was opened. */
  multipart: MultipartUpload | null;
  /** Is the part stored already? */
  isStored: boolean;
  /** Set where all parts are stored, and nobody is putting them together. */
  completion: MultipartCompletion | null;
}

/** A part that has reached R2. */
export interface StoredPart {
  /** 1, 2, 3, … */
  number: number;
  /** R2's id of the multipart upload it belongs to. */
  multipartId: string;
  etag: string;
  /** Hex. */
  sha256: string;
  bytes: number;
  /** The request that sent it. */
  upload: string;
  /** What a file's first part tells of the whole. */
  properties?: FileProperties;
}

/** What has become of a file by a part that was stored. */
export interface RecordedPart {
  file: SingleFileDetails;
  /** Set where that was the last one: the caller is to put them together. */
  completion: MultipartCompletion | null;
}

/** All parts of a file, to be put together in R2. */
export interface MultipartCompletion {
  file: number;
  size: number;
  multipart: MultipartUpload;
  parts: UploadedPart[];
}

/** How long whoever puts a file together is left alone with it. */
const COMPLETION_LEASE_MS = 60_000;

/**
 * Who is putting which file together. In memory only: when the object starts anew, so does the
 * completion, which R2 lets happen once however often it is tried.
 */
export class Completions {
  readonly #startedAt = new Map<number, number>();

  /** The completion of a file whose parts are all there, for the one who is to do it now. */
  claim(id: number, file: FileRecord, store: Store, now: number): MultipartCompletion | null {
    if (
      !isReadyToComplete(file) ||
      (this.#startedAt.get(id) ?? -COMPLETION_LEASE_MS) + COMPLETION_LEASE_MS > now
    )
      return null;
    this.#startedAt.set(id, now);
    const parts = store.parts(id).flatMap((part, index) => {
      return part === null ? [] : [{ partNumber: index + 1, etag: part.etag }];
    });
    const { key, id: multipartId } = file.multipart;
    return { file: id, size: file.size, multipart: { id: multipartId, key }, parts };
  }

  release(id: number): void {
    this.#startedAt.delete(id);
  }
}

/**
 * Are all parts of the file stored, and the file itself not yet? It may be back in the queue: who was
 * to put it together has vanished.
 */
export function isReadyToComplete(
  file: FileRecord,
): file is FileRecord & Required<Pick<FileRecord, "multipart">> {
  return (
    !isSettled(file.state) &&
    !isStored(file) &&
    file.multipart?.parts === partLayout(file.size).count
  );
}

/**
 * Would the tally count a part of this multipart upload? What it does not count must not be on record
 * either: it would not be sent again.
 */
export function acceptsPart(file: FileRecord | undefined, multipartId: string): boolean {
  return file !== undefined && needsBytes(file) && file.multipart?.id === multipartId;
}

/** Puts a part on record. The answer is what to report of it: nothing where it was there before. */
export function recordPart(
  id: number,
  part: StoredPart,
  file: FileRecord | undefined,
  store: Store,
): FileEvent[] {
  const { number, multipartId, etag, sha256, bytes, upload, properties } = part;
  if (!acceptsPart(file, multipartId)) return [];
  const isNew = store.part(id, number) === null;
  // Of a part that was sent twice R2 keeps the latest.
  store.savePart(id, number, { etag, sha256 });
  const report = { file: id, event: "partStored", upload, bytes } as const;
  return isNew ? [{ ...report, ...(properties && { properties }) }] : [];
}

/** What is there of a file that goes up in parts. */
export function partsResource(id: number, file: FileRecord, store: Store): FileParts {
  const { partBytes, count } = partLayout(file.size);
  const stored = isStored(file) ? [] : store.parts(id);
  const isThere = (part: number) => isStored(file) || Boolean(stored[part - 1]);
  const received = Array.from({ length: count }, (_, index) => index + 1).filter(isThere);
  return { partBytes, count, received };
}

/**
 * The hex SHA-256 of each part that is there, so that whoever comes back with a file can tell whether
 * it is still the same. None of a file that is whole.
 */
export function partDigests(id: number, store: Store): string[] {
  return store.parts(id).flatMap((part) => (part === null ? [] : [part.sha256]));
}

/** The multipart upload that a file's parts go to; null if none is open. */
export function openUpload(file: FileRecord | undefined): MultipartUpload | null {
  const { id, key } = file?.multipart ?? {};
  return id !== undefined && key !== undefined ? { id, key } : null;
}
