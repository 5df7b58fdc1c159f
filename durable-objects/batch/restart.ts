import { type FileRecord, needsBytes } from "./file.ts";
import { requeued } from "./record.ts";

/**
 * The fields of a record by what becomes of them in a restart. Fields in memory belong to the requests
 * that send the file and are lost. Derived fields of a file that needs bytes are computed from its
 * stored parts; once it needs none, they are durable as well.
 */
const RESTART: Readonly<Record<keyof FileRecord, "memory" | "derived" | "durable">> = {
  rev: "memory",
  attempts: "memory",
  activeUploads: "memory",
  endedUpload: "memory",
  lastActivityAt: "memory",
  state: "derived",
  progress: "derived",
  receivedBytes: "derived",
  size: "durable",
  type: "durable",
  width: "durable",
  height: "durable",
  multipart: "durable",
  orphans: "durable",
  claim: "durable",
  cancelledAt: "durable",
  deletedAt: "durable",
  error: "durable",
  etag: "durable",
  sha256: "durable",
  crc32: "durable",
  key: "durable",
  partsDigest: "durable",
  hasDigest: "durable",
  unwantedObject: "durable",
};

const FIELDS = Object.entries(RESTART).filter(([, kind]) => kind !== "memory");

/** The fields of a record that a golden batch must have. */
export const STORED_FIELDS = FIELDS.map(([field]) => field);

/**
 * True if a change must survive a restart. Each stored row costs money; after a restart, a file whose
 * upload was not stored is queued again, because the request that sent it may have ended as well.
 */
export function isDurableChange(before: FileRecord, after: FileRecord): boolean {
  const isDerived = needsBytes(before) && needsBytes(after);
  return FIELDS.some(([field, kind]) => {
    if (isDerived && kind === "derived") return false;
    return Reflect.get(before, field) !== Reflect.get(after, field);
  });
}

/**
 * Returns a stored file as it is after a restart: no request is sending it.
 *
 * @param requeuedRev the least rev of files that need bytes
 */
export function restarted(file: FileRecord, requeuedRev: number): FileRecord {
  if (!needsBytes(file)) return file;
  const { endedUpload: _, ...rest } = file;
  const queued = file.state === "uploading" ? requeued(rest) : rest;
  return { ...queued, rev: Math.max(file.rev, requeuedRev) };
}
