import { PROGRESS } from "../../protocol/index.ts";
import { type EventOf, type FileEvent, type FileRecord, needsCheck } from "./file.ts";
import {
  unwantedObject,
  withoutActiveUploads,
  withoutClaim,
  withoutCrc32,
  withoutDigests,
  withoutObject,
} from "./record.ts";

/** Returns the file after an event of its object, which was read back; null for another event. */
export function checkTransition(
  file: FileRecord,
  event: FileEvent,
  now: number,
): FileRecord | null {
  switch (event.event) {
    case "checking":
      return checking(file, event, now);
    case "digestChecked":
      return digestChecked(file, event);
    case "objectRefused":
      return objectRefused(file, event);
    case "crc32Found":
      return crc32Found(file, event);
    case "crc32Lost":
      return crc32Lost(file, event.etag);
    case "objectDeleted":
      return objectDeleted(file, event.etag);
    default:
      return null;
  }
}

/**
 * Another caller takes the check over when this one has been silent. The file has no lease: an earlier
 * version of this code would complete it at the end of that, without a check.
 */
function checking(
  file: FileRecord,
  { by, etag, progress }: EventOf<"checking">,
  now: number,
): FileRecord {
  if (!needsCheck(file) || file.etag !== etag) return file;
  const advanced = Math.max(progress, file.progress);
  return { ...file, claim: { at: now, by }, state: "processing", progress: advanced };
}

/** R2 may hold another object than the recorded one, if two completions overlapped. */
function digestChecked(file: FileRecord, event: EventOf<"digestChecked">): FileRecord {
  if (!needsCheck(file) || file.etag !== event.etag) return file;
  const { etag, sha256 } = event.object;
  const checked = etag === file.etag ? file : withoutCrc32(file);
  const rest = withoutActiveUploads(withoutClaim(checked));
  return { ...rest, etag, sha256, state: "completed", progress: PROGRESS.completed };
}

/** The file fails and can be sent again. */
function objectRefused(file: FileRecord, event: EventOf<"objectRefused">): FileRecord {
  const { etag, object, error } = event;
  if (!needsCheck(file) || file.etag !== etag) return file;
  const unwanted = object && unwantedObject({ ...file, etag: object.etag });
  const rest = withoutObject(withoutActiveUploads(withoutClaim(file)));
  return { ...rest, ...unwanted, state: "failed", error };
}

/**
 * R2 may hold another object than the recorded one, if two completions overlapped. The recorded digests are
 * not those of that object.
 */
function crc32Found(file: FileRecord, { etag, object }: EventOf<"crc32Found">): FileRecord {
  if (file.etag !== etag || file.crc32 !== undefined) return file;
  return { ...(object.etag === etag ? file : withoutDigests(file)), ...object };
}

function crc32Lost(file: FileRecord, etag: string): FileRecord {
  return file.etag === etag && file.crc32 !== undefined ? withoutCrc32(file) : file;
}

function objectDeleted(file: FileRecord, etag: string): FileRecord {
  if (file.unwantedObject?.etag !== etag) return file;
  const { unwantedObject: _, ...rest } = file;
  return rest;
}
