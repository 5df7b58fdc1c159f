import type { Ledger } from "../../client/index.ts";
import { LIMITS, MIB } from "../../protocol/index.ts";

/**
 * Limits of one pack. The browser blocks the page while it joins the files of a pack, so packs are
 * small enough for that to be unnoticeable.
 */
const PACK_FILES = 25;
const PACK_BYTES = 4 * MIB;

/** Larger files aren't saved, as each would take the space of hundreds; they are chosen again. */
const FILE_BYTES = LIMITS.bundleBytes;

export interface PackSource {
  ledger: Pick<Ledger, "count" | "size" | "isUploadDone">;
  /** Returns undefined if the content isn't available. */
  contentOf: (file: number) => Blob | undefined;
  /** True if the file is saved already, or can be read through a handle. */
  isSaved: (file: number) => boolean;
  /** Bytes that may still be saved. */
  freeBytes: number;
}

/**
 * Returns the next files to save: the last ones first, as they are sent last and so the likeliest to
 * be unfinished after a reload.
 */
export function nextPack({ ledger, contentOf, isSaved, freeBytes }: PackSource): Map<number, Blob> {
  const pack = new Map<number, Blob>();
  let left = Math.min(freeBytes, PACK_BYTES);
  for (let file = ledger.count - 1; file >= 0 && pack.size < PACK_FILES; file--) {
    const size = ledger.size(file);
    const fits = size <= left || (pack.size === 0 && size <= freeBytes);
    if (!fits || size > FILE_BYTES || ledger.isUploadDone(file) || isSaved(file)) continue;
    const content = contentOf(file);
    if (content === undefined) continue;
    pack.set(file, content);
    left -= size;
  }
  return pack;
}
