import { expect, test } from "vitest";
import { fileError, LIMITS } from "../../protocol/index.ts";
import { type FileEvent, type FileRecord, newFile } from "./file.ts";
import { restarted } from "./restart.ts";
import { transition } from "./transitions.ts";

// Code that changes a record keeps the fields that a later version has added.

const SIZE = LIMITS.partBytes + 5;
const base = { file: 0, upload: "first" };
const multipart = { id: "a", key: "key" };

const EVENTS: readonly FileEvent[] = [
  { ...base, event: "started" },
  { ...base, event: "partStarted" },
  { ...base, event: "receiving", receivedBytes: 5 },
  { ...base, event: "interrupted" },
  { file: 0, event: "timedOut" },
  { file: 0, event: "claimed", by: "first" },
  { file: 0, event: "released" },
  { file: 0, event: "multipartOpened", ...multipart },
  { file: 0, event: "multipartOpened", id: "b", key: "key" },
  { ...base, event: "partStored", bytes: 5, properties: { width: 3 } },
  { ...base, event: "partRepeated" },
  { file: 0, event: "multipartGone", id: "a" },
  { file: 0, event: "multipartDoubted", id: "a" },
  { file: 0, event: "partsDropped", id: "a", parts: 1, bytes: 5 },
  { file: 0, event: "multipartLost", id: "a" },
  { file: 0, event: "multipartAborted", id: "a" },
  {
    file: 0,
    event: "multipartCompleted",
    etag: "e",
    crc32: 1,
    ...multipart,
    size: SIZE,
    isOpen: true,
  },
  { file: 0, event: "stored", etag: "e", sha256: "s", crc32: 1, key: "key" },
  { file: 0, event: "crc32Lost", etag: "e" },
  { file: 0, event: "crc32Found", etag: "e", object: { etag: "f", crc32: 2 } },
  { file: 0, event: "processing", progress: 80 },
  { file: 0, event: "completed", properties: { width: 3 } },
  { ...base, event: "failed", error: fileError("size_mismatch", "Again.") },
  { file: 0, event: "failed", error: fileError("type_refused", "No.") },
  { file: 0, event: "cancelled" },
  { file: 0, event: "cancelled", deletes: true },
  { ...base, event: "retried" },
];

/** A record with unknown fields, also in its multipart upload. */
type LaterRecord = FileRecord & { later?: number; multipart?: { later?: number } };

const fresh: LaterRecord = { ...newFile(SIZE), later: 1 };
const inParts: LaterRecord = {
  ...fresh,
  multipart: { ...multipart, parts: 1, bytes: LIMITS.partBytes, later: 2 },
};

function hasKept(before: LaterRecord, after: LaterRecord): boolean {
  const isSameUpload = after.multipart?.id === before.multipart?.id;
  const keepsUpload = !isSameUpload || after.multipart?.later === before.multipart?.later;
  return after.later === before.later && keepsUpload;
}

/** Returns the sequences of up to `length` events that lose a field. */
function losses(file: LaterRecord, length: number): string[] {
  if (!hasKept(file, restarted(file, 7))) return ["restart"];
  if (length === 0) return [];
  return EVENTS.flatMap((event) => {
    const after = transition(file, event, 1000);
    // Most events change nothing in most states.
    if (after === file) return [];
    const rest = hasKept(file, after) ? losses(after, length - 1) : [""];
    return rest.map((others) => `${event.event} ${others}`);
  });
}

test.each([
  ["a file", fresh],
  ["a file in parts", inParts],
])("every sequence of three events keeps the unknown fields of %s", (_, file) => {
  expect(losses(file, 3)).toEqual([]);
});
