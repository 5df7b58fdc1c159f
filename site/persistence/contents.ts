import { database, keysOf, type Pack } from "./database.ts";
import { MIB } from "../../protocol/index.ts";

/**
 * Bytes that the page saves for all unfinished batches together: a thousand photos from a phone's
 * messenger, or an hour on a slow line. Every browser grants this much without asking.
 */
export const MAX_SAVED_BYTES = 256 * MIB;

/** Returns the bytes saved for all batches. */
export async function savedBytes(): Promise<number> {
  const packs = await (await database()).getAll("packs");
  return packs.reduce((sum, { content }) => sum + content.size, 0);
}

/**
 * Saves file contents, by id. The browser copies them from disk to disk, without loading them into
 * the page's memory.
 *
 * @throws DOMException if the quota is exceeded or a file can't be read
 */
export async function saveContents(batch: string, contents: ReadonlyMap<number, Blob>) {
  const files = [...contents.keys()];
  const blobs = [...contents.values()];
  const pack: Pack = { files, sizes: blobs.map(({ size }) => size), content: new Blob(blobs) };
  await (await database()).put("packs", pack, [batch, files[0] ?? 0]);
}

/** Returns the saved contents of a batch's files, by id. */
export async function loadContents(batch: string): Promise<Map<number, Blob>> {
  const packs = await (await database()).getAll("packs", keysOf(batch));
  return new Map(packs.flatMap(unpack));
}

function unpack({ files, sizes, content }: Pack): [number, Blob][] {
  let start = 0;
  return files.map((file, place) => {
    const end = start + (sizes[place] ?? 0);
    const slice = content.slice(start, end);
    start = end;
    return [file, slice];
  });
}
