import type { Ledger } from "../../client/index.ts";
import { LIMITS } from "../../protocol/index.ts";

const MIB = 1024 * 1024;

/**
 * What one pack holds at most: little enough to be written before anybody notices. The page waits
 * while the browser puts the files of a pack together.
 */
const PACK_FILES = 25;
const PACK_BYTES = 4 * MIB;

/** Larger files would take the room of hundreds: they are asked for again. */
const FILE_BYTES = LIMITS.bundleBytes;

export interface PackSource {
  ledger: Pick<Ledger, "count" | "size" | "isUploadDone">;
  /** Undefined where the content is not here. */
  contentOf: (file: number) => Blob | undefined;
  /** Is the file kept already, or to be had otherwise? */
  isSaved: (file: number) => boolean;
  /** Bytes that there is room for. */
  freeBytes: number;
}

/**
 * The next files to keep: the last ones first, since they are the last to be sent and the likeliest
 * to be missed.
 */
export function nextPack({
  ledger,
  contentOf,
  isSaved: isKept,
  freeBytes: room,
}: PackSource): Map<number, Blob> {
  const pack = new Map<number, Blob>();
  let left = Math.min(room, PACK_BYTES);
  for (let file = ledger.count - 1; file >= 0 && pack.size < PACK_FILES; file--) {
    const size = ledger.size(file);
    const fits = size <= left || (pack.size === 0 && size <= room);
    if (!fits || size > FILE_BYTES || ledger.isUploadDone(file) || isKept(file)) continue;
    const content = contentOf(file);
    if (content === undefined) continue;
    pack.set(file, content);
    left -= size;
  }
  return pack;
}
