import type { SingleFileResource } from "../../protocol/index.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { ProblemError } from "../errors.ts";
import { groupBy } from "../group-by.ts";
import type { Ledger } from "../ledger.ts";
import { sha256Of } from "../send/digest.ts";
import { sliceOf } from "../send/part-digests.ts";
import { declarationOf, type Source } from "../source.ts";
import type { Uploader } from "../uploader.ts";

/**
 * Matches sources to the files of a resumed batch, and sends what the server lacks of them. Files
 * match by path (or name), size and time, and ambiguous ones by their digest. Can be called again
 * with other sources.
 *
 * @param onMatched called with the matched sources by file id, including those of stored files
 * @returns the unmatched sources: other files, or changed ones. `add` them to send them as new files,
 *   unless the batch is sealed. Sources that couldn't be checked are in neither; a `problem` event
 *   has the reason, and they can be matched again
 * @example
 * const uploader = new Uploader({ endpoint, batch: saved });
 * const sources = [...input.files].map((file) => ({ name: file.name, blob: file }));
 * uploader.add(await matchFiles(uploader, sources));
 */
export async function matchFiles(
  uploader: Uploader,
  sources: readonly Source[],
  onMatched: (matched: ReadonlyMap<number, Blob>) => void = () => {},
): Promise<readonly Source[]> {
  const matches = await uploader.request(() => matchByMetadata(uploader.ledger, sources));
  if (matches === null) return [];
  const unmatched = await attachMatches(uploader, matches, onMatched);
  // Others have declared the matched ones, which may have been refused here for that reason.
  const others = new Set(unmatched);
  uploader.discardUndeclared(sources.filter((source) => !others.has(source)));
  return unmatched;
}

/** @returns the unmatched sources */
async function attachMatches(
  uploader: Uploader,
  matches: Matches & { ambiguous: readonly AmbiguousGroup[] },
  onMatched: (matched: ReadonlyMap<number, Blob>) => void,
): Promise<readonly Source[]> {
  onMatched(matches.matched);
  await uploader.attachContents(matches.matched);
  const resolved = await uploader.request((api) => resolveByDigest(matches.ambiguous, api));
  if (resolved === null) return matches.unmatched;
  onMatched(resolved.matched);
  await uploader.attachContents(resolved.matched);
  return [...matches.unmatched, ...resolved.unmatched];
}

interface Matches {
  /** The sources' content, by file id. */
  matched: Map<number, Blob>;
  unmatched: readonly Source[];
}

/** Sources with the path and size of these files, but none of their times. */
interface AmbiguousGroup {
  /** Ids; files that need an upload come first. */
  files: readonly number[];
  sources: readonly Source[];
}

/**
 * Matches by path (or name) and size, and then by time. Without an equal time, a file of which nothing
 * is stored matches any source; others are ambiguous, because parts of two files must not be mixed.
 */
function matchByMetadata(
  ledger: Ledger,
  sources: readonly Source[],
): Matches & { ambiguous: readonly AmbiguousGroup[] } {
  const candidates = candidatesOf(ledger);
  const matched = new Map<number, Blob>();
  const ambiguous: AmbiguousGroup[] = [];
  const unmatched: Source[] = [];
  for (const [key, sameKey] of groupBy(sources, keyOfSource)) {
    const files = candidates.get(key) ?? [];
    const rest = matchByTime(ledger, files, sameKey, matched);
    if (rest.files.length === 0) unmatched.push(...rest.sources);
    else if (isAmbiguous(ledger, rest)) ambiguous.push(rest);
    else unmatched.push(...matchInOrder(rest, matched));
  }
  return { matched, ambiguous, unmatched };
}

/** Returns the ids of all files by path and size; those that need an upload first. */
function candidatesOf(ledger: Ledger): Map<string, number[]> {
  const ids = Array.from({ length: ledger.count }, (_, id) => id);
  const needed = ids.filter((id) => ledger.needsUpload(id));
  const others = ids.filter((id) => !ledger.needsUpload(id));
  return groupBy([...needed, ...others], (id) =>
    keyOf(ledger.path(id) ?? ledger.name(id), ledger.size(id)),
  );
}

function keyOfSource(source: Source): string {
  const { name, path, size } = declarationOf(source);
  return keyOf(path ?? name, size);
}

function keyOf(path: string, size: number): string {
  return `${size} ${path}`;
}

/** Returns the files and sources without an equal time. */
function matchByTime(
  ledger: Ledger,
  files: readonly number[],
  sources: readonly Source[],
  matched: Map<number, Blob>,
): AmbiguousGroup {
  const times = groupBy(files, (id) => ledger.lastModified(id));
  const others = sources.filter(({ lastModified, blob }) => {
    const id = lastModified === undefined ? undefined : times.get(lastModified)?.shift();
    if (id === undefined) return true;
    matched.set(id, blob);
    return false;
  });
  return { files: files.filter((id) => !matched.has(id)), sources: others };
}

/** Returns the sources that are left when every file has one. */
function matchInOrder(
  { files, sources }: AmbiguousGroup,
  matched: Map<number, Blob>,
): readonly Source[] {
  for (const [index, id] of files.slice(0, sources.length).entries()) {
    const source = sources[index];
    if (source) matched.set(id, source.blob);
  }
  return sources.slice(files.length);
}

/** True if a wrong match would do harm: some file needs an upload, and some may be stored in part. */
function isAmbiguous(ledger: Ledger, { files, sources }: AmbiguousGroup): boolean {
  if (sources.length === 0 || !files.some((id) => ledger.needsUpload(id))) return false;
  return files.some((id) => !ledger.isUntouched(id));
}

/**
 * Matches by content: a source matches a file if its digests are those of the stored bytes. A file
 * without known digests matches a source that matches no other file.
 *
 * A source that can't be read matches none.
 *
 * @throws ProblemError the server's
 */
async function resolveByDigest(
  ambiguous: readonly AmbiguousGroup[],
  api: Pick<BatchApi, "fileWithDigests">,
): Promise<Matches> {
  const matched = new Map<number, Blob>();
  const unmatched: Source[] = [];
  for (const { files, sources } of ambiguous) {
    const resources = await Promise.all(files.map((id) => api.fileWithDigests(id)));
    for (const source of sources) {
      const free = resources.filter(({ id }) => !matched.has(id));
      const id = await findByDigest(source, free).catch(ignoreUnreadable);
      if (id === null) unmatched.push(source);
      else matched.set(id, source.blob);
    }
  }
  return { matched, unmatched };
}

/** One unreadable source must not cost the others their match. */
function ignoreUnreadable(error: unknown): null {
  if (error instanceof ProblemError && error.code === "file_unreadable") return null;
  throw error;
}

/**
 * Returns the file with this content, else one without known digests, else null.
 *
 * @throws ProblemError `file_unreadable`
 */
async function findByDigest(
  { blob }: Source,
  files: readonly SingleFileResource[],
): Promise<number | null> {
  let unknown: number | null = null;
  for (const file of files) {
    const isSame = await hasContent(file, blob);
    if (isSame === true) return file.id;
    if (isSame === null) unknown ??= file.id;
  }
  return unknown;
}

/** True if the digests of the file are those of `blob`; null if the server knows no digests. */
async function hasContent(
  { sha256, parts }: SingleFileResource,
  blob: Blob,
): Promise<boolean | null> {
  if (sha256 !== undefined) return (await sha256Of(blob)) === sha256;
  const digests = Object.entries(parts?.digests ?? {});
  for (const [part, digest] of digests) {
    if ((await sha256Of(sliceOf(blob, Number(part)))) !== digest) return false;
  }
  return digests.length > 0 ? true : null;
}
