import { sleep } from "../../client/transport/network.ts";
import type { Upload } from "../upload/uploads.ts";
import { loadContents, MAX_SAVED_BYTES, saveContents, savedBytes } from "./contents.ts";
import { savesNoFiles, savesNothing } from "./database.ts";
import { nextPack } from "./next-pack.ts";

/** Pause before looking again for files to save, if there were none. */
const POLL_MS = 2000;

/** Pause in place of waiting for idle time, in browsers without `requestIdleCallback`. */
const FALLBACK_MS = 100;

/**
 * Saves the contents of an upload's small files while they wait to be sent. The upload has priority:
 * saving starts once bytes are being sent, each pack is saved while the page is idle, and after each
 * pack the disk rests for as long as the pack took. It ends when the browser has no more space, or doesn't
 * save files, as in private windows of some browsers: the page says so then.
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
  for (let rest = 0; !signal.aborted && canSave(); await sleep(rest, signal)) {
    await whenIdle();
    const pack = next();
    rest = pack.size === 0 ? POLL_MS : await timed(() => savePack(batch, pack));
    // Files that couldn't be read count as saved, so that they aren't tried again.
    for (const [file, { size }] of pack) {
      saved.add(file);
      freeBytes -= size;
    }
  }
}

function canSave(): boolean {
  return !savesNothing.peek() && !savesNoFiles.peek();
}

function isSending({ board }: Upload): boolean {
  return board.ledger.sentBytesTotal > 0 && !board.isGrowing.peek();
}

/** Returns how many milliseconds `save` took. */
async function timed(save: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await save();
  return performance.now() - start;
}

/** Saves a pack, unless one of its files can't be read any more. Notes if that isn't the reason. */
async function savePack(batch: string, pack: ReadonlyMap<number, Blob>): Promise<void> {
  try {
    await saveContents(batch, pack);
  } catch (error) {
    // Browsers have no common error for a file that has changed.
    if (!(error instanceof DOMException)) throw error;
    if (await areReadable([...pack.values()])) savesNoFiles.value = true;
  }
}

async function areReadable(contents: readonly Blob[]): Promise<boolean> {
  try {
    await Promise.all(contents.map((content) => content.slice(0, 1).arrayBuffer()));
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the page is idle. */
function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve());
    else setTimeout(resolve, FALLBACK_MS);
  });
}
