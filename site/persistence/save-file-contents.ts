import { sleep } from "../../client/transport/network.ts";
import type { Upload } from "../upload/uploads.ts";
import { MAX_SAVED_BYTES, saveContents, savedBytes, loadContents } from "./contents.ts";
import { nextPack } from "./next-pack.ts";

/** How often to look for more to keep, where there was nothing. */
const POLL_MS = 2000;

/**
 * Keeps the content of an upload's small files while they wait to be sent. It never comes before the
 * upload: nothing is kept until bytes are on their way, each pack when the page idles, and the disk
 * has as long a rest after a pack as it took.
 *
 * @param isKept is the file to be had otherwise?
 * @param signal ends it
 */
export async function saveFileContents(
  batch: string,
  upload: Upload,
  isKept: (file: number) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const kept = new Set((await loadContents(batch)).keys());
  let room = MAX_SAVED_BYTES - (await savedBytes());
  const next = () => {
    if (!isUnderWay(upload)) return new Map<number, Blob>();
    const { ledger } = upload.board;
    const contentOf = (file: number) => upload.uploader.contentOf(file);
    return nextPack({
      ledger,
      contentOf,
      freeBytes: room,
      isSaved: (file) => kept.has(file) || isKept(file),
    });
  };
  for (let rest = 0; !signal.aborted; await sleep(rest, signal)) {
    await whenIdle();
    const pack = next();
    rest = pack.size === 0 ? POLL_MS : await timed(() => saveContents(batch, pack));
    // What cannot be read is not tried again.
    for (const [file, { size }] of pack) {
      kept.add(file);
      room -= size;
    }
  }
}

function isUnderWay({ board }: Upload): boolean {
  return board.ledger.sentBytesTotal > 0 && !board.isGrowing.peek();
}

/** Milliseconds that it took. Throws where there is no room. */
async function timed(keep: () => Promise<void>): Promise<number> {
  const began = performance.now();
  try {
    await keep();
  } catch (error) {
    if (error instanceof DOMException && error.name === "QuotaExceededError") throw error;
  }
  return performance.now() - began;
}

/** How long a browser that does not say when it idles is left alone. */
const FALLBACK_MS = 100;

/** Resolves when the page has nothing else to do. */
function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve());
    else setTimeout(resolve, FALLBACK_MS);
  });
}
