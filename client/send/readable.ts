/**
 * Bytes up to which a check reads a file as a whole. Chromium needs less time for that than for one
 * byte of it: 0.13 ms instead of 0.3 ms for 2 KB, because a slice is a blob of its own.
 */
const WHOLE_BYTES = 256 * 1024;

/**
 * Time in ms without a byte from any of the files, after which those that are left count as unreadable:
 * a read from a network drive that is gone may take minutes, or never end.
 */
const SILENCE_MS = 10_000;

/** Bytes of one read of a larger file, so that a slow disk is not taken for a silent one. */
const READ_BYTES = 1024 * 1024;

const EMPTY = new Uint8Array();

/**
 * Returns the bytes of the files that can be read, by id. The others were changed, moved or deleted after
 * they were chosen.
 */
export async function readFiles(
  files: readonly number[],
  contentOf: (id: number) => Blob,
): Promise<ReadonlyMap<number, Uint8Array<ArrayBuffer>>> {
  return readEach(files, (id, onRead) => readWhole(contentOf(id), onRead));
}

/**
 * Returns the files that can't be read any more: they were changed, moved or deleted after they were
 * chosen. Runtimes compare a file with what it was at any read, so a byte at both ends is enough.
 *
 * One such file breaks the connection of its whole bundle, so files are checked before they are sent.
 */
export function unreadableFiles(
  files: readonly number[],
  contentOf: (id: number) => Blob,
): Promise<readonly number[]> {
  return filesThatFail(files, (id, onRead) => readEnds(contentOf(id), onRead));
}

/** Returns the files that can't be read from end to end, as on a disk that fails in the middle of one. */
export function damagedFiles(
  files: readonly number[],
  contentOf: (id: number) => Blob,
): Promise<readonly number[]> {
  return filesThatFail(files, (id, onRead) => readThrough(contentOf(id), onRead));
}

async function filesThatFail(
  files: readonly number[],
  read: (id: number, onRead: () => void) => Promise<void>,
): Promise<readonly number[]> {
  const readable = await readEach(files, read);
  return files.filter((id) => !readable.has(id));
}

/** Returns the results of the reads that succeed, in the order of the files. */
async function readEach<Result>(
  files: readonly number[],
  read: (id: number, onRead: () => void) => Promise<Result>,
): Promise<ReadonlyMap<number, Result>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let fail: (reason: Error) => void;
  const silence = new Promise<never>((_, reject) => (fail = reject));
  const onRead = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => fail(new Error("The disk is silent.")), SILENCE_MS);
  };
  onRead();
  const reads = await Promise.allSettled(
    files.map((id) => Promise.race([read(id, onRead).finally(onRead), silence])),
  );
  clearTimeout(timer);
  const results = new Map<number, Result>();
  for (const [index, id] of files.entries()) {
    const result = reads[index];
    if (result?.status === "fulfilled") results.set(id, result.value);
  }
  return results;
}

async function readWhole(content: Blob, onRead: () => void): Promise<Uint8Array<ArrayBuffer>> {
  if (content.size > WHOLE_BYTES) return readInPieces(content, onRead);
  const bytes = new Uint8Array(await content.arrayBuffer());
  // A named pipe, whose size is 0, may have bytes.
  return content.size === 0 ? EMPTY : bytes;
}

async function readInPieces(content: Blob, onRead: () => void): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(content.size);
  for (let start = 0; start < bytes.length; start += READ_BYTES) {
    bytes.set(new Uint8Array(await content.slice(start, start + READ_BYTES).arrayBuffer()), start);
    onRead();
  }
  return bytes;
}

/** Reads an empty file as a whole, too: of an empty slice, no runtime asks the disk. */
async function readEnds(content: Blob, onRead: () => void): Promise<void> {
  if (content.size <= WHOLE_BYTES) return void (await content.arrayBuffer());
  await content.slice(0, 1).arrayBuffer();
  onRead();
  await content.slice(-1).arrayBuffer();
}

async function readThrough(content: Blob, onRead: () => void): Promise<void> {
  const reader = content.stream().getReader();
  while (!(await reader.read()).done) onRead();
}
