import type { SingleFileResource } from "../../protocol/index.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { sha256Of } from "../send/digest.ts";
import type { AmbiguousGroup, Matches } from "./match-files.ts";
import { sliceOf } from "../send/part-digests.ts";
import type { Source } from "../source.ts";

/**
 * Settles by content what looks and times leave open: a source is a file's when its digests are
 * those that the server knows of what is stored. A file of which the server knows no digest takes
 * what no other file has taken.
 *
 * @returns the content of the files that were found, and the sources that are none of them
 * @throws ProblemError `file_unreadable`, or what keeps the server from answering
 */
export async function resolveByDigest(
  ambiguous: readonly AmbiguousGroup[],
  api: Pick<BatchApi, "fileWithDigests">,
): Promise<Pick<Matches, "found" | "unmatched">> {
  const found = new Map<number, Blob>();
  const unmatched: Source[] = [];
  for (const { files, sources } of ambiguous) {
    const known = await Promise.all(files.map((id) => api.fileWithDigests(id)));
    for (const source of sources) {
      const id = await fileOf(
        source,
        known.filter((file) => !found.has(file.id)),
      );
      if (id === null) unmatched.push(source);
      else found.set(id, source.blob);
    }
  }
  return { found, unmatched };
}

/** The file whose content this is, else one of which nothing is known; null where there is none. */
async function fileOf(
  { blob }: Source,
  files: readonly SingleFileResource[],
): Promise<number | null> {
  let unknown: number | null = null;
  for (const file of files) {
    const isSame = await isContent(blob, file);
    if (isSame === true) return file.id;
    if (isSame === null) unknown ??= file.id;
  }
  return unknown;
}

/** Is this the file's content? Null where the server knows nothing to tell by. */
async function isContent(
  blob: Blob,
  { sha256, parts }: SingleFileResource,
): Promise<boolean | null> {
  if (sha256 !== undefined) return (await sha256Of(blob)) === sha256;
  const digests = parts?.sha256 ?? [];
  for (const [index, digest] of digests.entries()) {
    const part = sliceOf(blob, parts?.received[index] ?? 0);
    if ((await sha256Of(part)) !== digest) return false;
  }
  return digests.length > 0 ? true : null;
}
