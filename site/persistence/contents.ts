import { database, keysOf, type Pack } from "./database.ts";

/**
 * Bytes that this browser keeps, of all unfinished batches together: a thousand photos of a phone's
 * messenger, or an hour on a slow line, and less than any browser gives a page without asking.
 */
export const MAX_SAVED_BYTES = 256 * 1024 * 1024;

/** Bytes that are kept, of all batches. */
export async function savedBytes(): Promise<number> {
  const packs = await (await database()).getAll("packs");
  return packs.reduce((sum, { content }) => sum + content.size, 0);
}

/**
 * Keeps the content of files, by id. The browser copies it from disk to disk: nothing of it comes
 * into the page.
 *
 * @throws DOMException where there is no room, or a file cannot be read
 */
export async function saveContents(batch: string, contents: ReadonlyMap<number, Blob>) {
  const files = [...contents.keys()];
  const blobs = [...contents.values()];
  const pack: Pack = { files, sizes: blobs.map(({ size }) => size), content: new Blob(blobs) };
  await (await database()).put("packs", pack, [batch, files[0] ?? 0]);
}

/** The content of a batch's files, by id, that is kept. */
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
