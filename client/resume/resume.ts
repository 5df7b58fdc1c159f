import { resolveByDigest } from "./ambiguous.ts";
import { matchSources } from "./match-files.ts";
import type { Source } from "../source.ts";
import type { Uploader } from "../uploader.ts";

/**
 * Offers sources for the files of a batch begun before. They are told apart by path, or name, by
 * size and time, and what is doubtful by its digest; what is stored is not sent again. May be called
 * again with others.
 *
 * @param onFound is told which sources are which files, by id: those that are stored as well
 * @returns sources that are none of the files: others, or changed ones; `add` them as new files if
 *   they are wanted, unless the batch is sealed. None where nobody can tell: `problem` says why, and
 *   they may be offered again
 */
export async function matchFiles(
  uploader: Uploader,
  sources: readonly Source[],
  onFound: (found: ReadonlyMap<number, Blob>) => void = () => {},
): Promise<readonly Source[]> {
  const matches = await uploader.request(() => matchSources(uploader.ledger, sources));
  if (matches === null) return [];
  onFound(matches.found);
  await uploader.attachContents(matches.found);
  const settled = await uploader.request((api) => resolveByDigest(matches.ambiguous, api));
  if (settled === null) return matches.unmatched;
  onFound(settled.found);
  await uploader.attachContents(settled.found);
  return [...matches.unmatched, ...settled.unmatched];
}
