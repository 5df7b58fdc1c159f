import type { Ledger } from "./ledger.ts";
import { declarationOf, type Source } from "./source.ts";
import { isWanted } from "./wanted.ts";

/** Which sources are which declared files. */
export interface Matches {
  /** The content of each file that was found, by id. */
  found: ReadonlyMap<number, Blob>;
  /** Sources that are none of the files. */
  unmatched: readonly Source[];
}

/**
 * Finds declared files among sources, by path (or name, where there is none) and size. Of files that
 * look alike, those that still want bytes come first.
 */
export function matchSources(ledger: Ledger, sources: readonly Source[]): Matches {
  const candidates = candidatesOf(ledger);
  const found = new Map<number, Blob>();
  const unmatched: Source[] = [];
  for (const source of sources) {
    const { name, path, size } = declarationOf(source);
    const id = candidates.get(lookOf(path ?? name, size))?.shift();
    if (id === undefined) unmatched.push(source);
    else found.set(id, source.blob);
  }
  return { found, unmatched };
}

/** Ids of all files that look alike, by how they look. */
function candidatesOf(ledger: Ledger): Map<string, number[]> {
  const ids = Array.from({ length: ledger.count }, (_, id) => id);
  const wanted = ids.filter((id) => isWanted(ledger, id));
  const others = ids.filter((id) => !isWanted(ledger, id));
  return Map.groupBy([...wanted, ...others], (id) =>
    lookOf(ledger.path(id) ?? ledger.name(id), ledger.size(id)),
  );
}

function lookOf(path: string, size: number): string {
  return `${size} ${path}`;
}
