import type { FileRecord } from "./file.ts";

export function withoutActiveUploads(file: FileRecord): FileRecord {
  const { activeUploads: _, lastActivityAt: __, ...rest } = file;
  return rest;
}

export function withoutClaim(file: FileRecord): FileRecord {
  if (!file.claim) return file;
  const { claim: _, ...rest } = file;
  return rest;
}

/** The file starts over: it loses what is known of its object, and its error. */
export function withoutObject(file: FileRecord): FileRecord {
  const { error: _, etag: __, sha256: ___, key: ____, partsDigest: _____, ...rest } = file;
  return rest;
}

/** Returns the field of a file whose object has to be deleted. */
export function unwantedObject({ key, etag }: FileRecord): Pick<FileRecord, "unwantedObject"> {
  return key !== undefined && etag !== undefined ? { unwantedObject: { key, etag } } : {};
}
