import { sleep } from "../../client/transport/network.ts";
import type { Upload } from "../upload/uploads.ts";
import { loadContents, MAX_SAVED_BYTES, saveContents, savedBytes } from "./contents.ts";
import { nextPack } from "./next-pack.ts";

/** Pause before looking again for files to save, if there were none. */
const POLL_MS = 2000;

/** Pause in place of waiting for idle time, in browsers without `requestIdleCallback`. */
const FALLBACK_MS = 100;

/**
 * Saves the contents of an upload's small files while they wait to be sent. The upload has priority:
 * saving starts once bytes are being sent, each pack is saved while the page is idle, and after each
 * pack the disk rests for as long as the pack took.
 *
 * @param hasHandle true if the file can be read through a saved handle
 * @param signal stops saving
 */
export async function saveFileContents(
  batch: string,
  upload: Upload,
  hasHandle: (file: number) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const saved = new Set((await loadContents(batch)).keys());
  let freeBytes = MAX_SAVED_BYTES - (await savedBytes());
  const isSaved = (file: number) => saved.has(file) || hasHandle(file);
  const next = () => {
    if (!isSending(upload)) return new Map<number, Blob>();
    const { ledger } = upload.board;
    const contentOf = (file: number) => upload.uploader.contentOf(file);
    return nextPack({ ledger, contentOf, freeBytes, isSaved });
  };
  for (let rest = 0; !signal.aborted; await sleep(rest, signal)) {
    await whenIdle();
    const pack = next();
    rest = pack.size === 0 ? POLL_MS : await timed(() => saveContents(batch, pack));
    // Files that couldn't be read count as saved, so that they aren't tried again.
    for (const [file, { size }] of pack) {
      saved.add(file);
      freeBytes -= size;
    }
  }
}

function isSending({ board }: Upload): boolean {
  return board.ledger.sentBytesTotal > 0 && !board.isGrowing.peek();
}

/** Returns how many milliseconds `save` took. Throws if the storage quota is exceeded. */
async function timed(save: () => Promise<void>): Promise<number> {
  const start = performance.now();
  try {
    await save();
  } catch (error) {
    if (error instanceof DOMException && error.name === "QuotaExceededError") throw error;
  }
  return performance.now() - start;
}

/** Resolves when the page is idle. */
function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve());
    else setTimeout(resolve, FALLBACK_MS);
  });
}
