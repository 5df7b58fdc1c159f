import type { Ledger } from "../ledger.ts";
import { declarationOf, type Source } from "../source.ts";
import { isUntouched, needsUpload } from "../predicates.ts";

/** Which sources are which declared files. */
export interface Matches {
  /** The content of each file that was found, by id. */
  found: Map<number, Blob>;
  /** What only the content can tell. */
  ambiguous: readonly AmbiguousGroup[];
  /** Sources that are none of the files. */
  unmatched: readonly Source[];
}

/** Sources that look like these files, and may be others: none of their times is the declared one. */
export interface AmbiguousGroup {
  /** Those that want bytes come first. */
  files: readonly number[];
  sources: readonly Source[];
}

/**
 * Finds declared files among sources: by path (or name, where there is none) and size, and of those
 * that look alike by time. Of what time does not tell either, a file of which nothing is stored takes
 * any source; the others are doubtful, since parts of two files would make one that nobody has.
 */
export function matchSources(ledger: Ledger, sources: readonly Source[]): Matches {
  const candidates = candidatesOf(ledger);
  const found = new Map<number, Blob>();
  const ambiguous: AmbiguousGroup[] = [];
  const unmatched: Source[] = [];
  for (const [look, alike] of Map.groupBy(sources, lookOfSource)) {
    const files = candidates.get(look) ?? [];
    const rest = pairByTime(ledger, files, alike, found);
    if (rest.files.length === 0) unmatched.push(...rest.sources);
    else if (isDoubtful(ledger, rest)) ambiguous.push(rest);
    else unmatched.push(...pairInOrder(rest, found));
  }
  return { found, ambiguous, unmatched };
}

/** Ids of all files that look alike, by how they look: those that want bytes first. */
function candidatesOf(ledger: Ledger): Map<string, number[]> {
  const ids = Array.from({ length: ledger.count }, (_, id) => id);
  const wanted = ids.filter((id) => needsUpload(ledger, id));
  const others = ids.filter((id) => !needsUpload(ledger, id));
  return Map.groupBy([...wanted, ...others], (id) =>
    lookOf(ledger.path(id) ?? ledger.name(id), ledger.size(id)),
  );
}

function lookOfSource(source: Source): string {
  const { name, path, size } = declarationOf(source);
  return lookOf(path ?? name, size);
}

function lookOf(path: string, size: number): string {
  return `${size} ${path}`;
}

/** @returns what has no other of the same time */
function pairByTime(
  ledger: Ledger,
  files: readonly number[],
  sources: readonly Source[],
  found: Map<number, Blob>,
): AmbiguousGroup {
  const times = Map.groupBy(files, (id) => ledger.lastModified(id));
  const others = sources.filter(({ lastModified, blob }) => {
    const twin = lastModified === undefined ? undefined : times.get(lastModified)?.shift();
    if (twin === undefined) return true;
    found.set(twin, blob);
    return false;
  });
  return { files: files.filter((id) => !found.has(id)), sources: others };
}

/** @returns sources for which there is no file */
function pairInOrder(
  { files, sources }: AmbiguousGroup,
  found: Map<number, Blob>,
): readonly Source[] {
  for (const [index, id] of files.slice(0, sources.length).entries()) {
    const source = sources[index];
    if (source) found.set(id, source.blob);
  }
  return sources.slice(files.length);
}

/** Would a wrong pair do harm? Where nothing is wanted, or nothing is stored, it does not. */
function isDoubtful(ledger: Ledger, { files, sources }: AmbiguousGroup): boolean {
  if (sources.length === 0 || !files.some((id) => needsUpload(ledger, id))) return false;
  return files.some((id) => !isUntouched(ledger, id));
}
