import { PROGRESS } from "../../protocol/index.ts";
import { type EventOf, type FileRecord, needsCheck } from "./file.ts";
import {
  unwantedObject,
  withoutActiveUploads,
  withoutClaim,
  withoutCrc32,
  withoutObject,
} from "./record.ts";

/**
 * Another caller takes the check over when this one has been silent. The file has no lease: an earlier
 * version of this code would complete it at the end of that, without a check.
 */
export function checking(
  file: FileRecord,
  { by, etag, progress }: EventOf<"checking">,
  now: number,
): FileRecord {
  if (!needsCheck(file) || file.etag !== etag) return file;
  const advanced = Math.max(progress, file.progress);
  return { ...file, claim: { at: now, by }, state: "processing", progress: advanced };
}

/** R2 may hold another object than the recorded one, if two completions overlapped. */
export function digestChecked(file: FileRecord, event: EventOf<"digestChecked">): FileRecord {
  if (!needsCheck(file) || file.etag !== event.etag) return file;
  const { etag, sha256 } = event.object;
  const checked = etag === file.etag ? file : withoutCrc32(file);
  const rest = withoutActiveUploads(withoutClaim(checked));
  return { ...rest, etag, sha256, state: "completed", progress: PROGRESS.completed };
}

/** The file fails and can be sent again. */
export function objectRefused(file: FileRecord, event: EventOf<"objectRefused">): FileRecord {
  const { etag, object, error } = event;
  if (!needsCheck(file) || file.etag !== etag) return file;
  const unwanted = object && unwantedObject({ ...file, etag: object.etag });
  const rest = withoutObject(withoutActiveUploads(withoutClaim(file)));
  return { ...rest, ...unwanted, state: "failed", error };
}

export function objectDeleted(file: FileRecord, etag: string): FileRecord {
  if (file.unwantedObject?.etag !== etag) return file;
  const { unwantedObject: _, ...rest } = file;
  return rest;
}
