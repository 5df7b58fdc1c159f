import type { FileDeclaration } from "../../protocol/index.ts";
import type { Ledger } from "../ledger.ts";
import { declarationOf, type Source } from "../source.ts";
import { unreadableFiles } from "./readable.ts";

/** The sources of one call of `add`: content of files that the batch has already, and new files. */
export interface Replacements {
  /** Content of files whose declaration still fits, by id. */
  contents: ReadonlyMap<number, Blob>;
  /** The sources to declare. */
  added: readonly Source[];
  /** Their declarations, which name the files that they replace. */
  declarations: readonly FileDeclaration[];
}

export interface ReplaceableFiles {
  ledger: Ledger;
  contentOf: (id: number) => Blob | undefined;
  /** Files that others were declared in place of. */
  replaced: ReadonlySet<number>;
  /** True if files without content here are replaced, too: no other client is expected to send them. */
  replacesMissing: boolean;
}

/**
 * Finds the files that sources replace: the same file keeps its id, another size or time needs another
 * one. A source with the path of a file that has failed replaces it. One with the path of a file that
 * waits does so if that one is the same, or has changed on the disk: otherwise they are two files, as
 * every picture that is pasted is called `image.png`.
 */
export async function findReplacements(
  sources: readonly Source[],
  files: ReplaceableFiles,
): Promise<Replacements> {
  const contents = new Map<number, Blob>();
  const added: Source[] = [];
  const declarations: FileDeclaration[] = [];
  const taken = new Set(files.replaced);
  for (const source of sources) {
    const declared = declarationOf(source);
    const candidates = candidatesOf(declared, files).filter((id) => !taken.has(id));
    const same = candidates.find((id) => isSame(id, source, declared, files));
    if (same !== undefined) {
      contents.set(same, source.blob);
      continue;
    }
    const replaces = await findReplaced(candidates, files);
    if (replaces !== undefined) taken.add(replaces);
    added.push(source);
    declarations.push(replaces === undefined ? declared : { ...declared, replaces });
  }
  return { contents, added, declarations };
}

/** Returns the files with this path that aren't stored. */
function candidatesOf(
  { name, path }: FileDeclaration,
  { ledger }: ReplaceableFiles,
): readonly number[] {
  return ledger.filesAt(path ?? name).filter((id) => !ledger.isUploadDone(id));
}

/** True if the source can be sent as the file was declared, without mixing two contents. */
function isSame(
  id: number,
  { blob }: Source,
  { size, lastModified }: FileDeclaration,
  { ledger, contentOf }: ReplaceableFiles,
): boolean {
  if (ledger.size(id) !== size || !ledger.needsUpload(id)) return false;
  if (contentOf(id) === blob) return true;
  if (ledger.lastModified(id) !== lastModified) return false;
  const hasNothing = ledger.state(id) === "failed" && ledger.receivedBytes(id) === 0;
  return lastModified !== undefined || hasNothing;
}

async function findReplaced(
  candidates: readonly number[],
  { ledger, contentOf, replacesMissing }: ReplaceableFiles,
): Promise<number | undefined> {
  // A file that is being sent belongs to another client, even if other files are lost.
  const isLost = (id: number) =>
    replacesMissing && contentOf(id) === undefined && ledger.serverState(id) === "queued";
  const failed = candidates.find((id) => ledger.state(id) === "failed" || isLost(id));
  if (failed !== undefined) return failed;
  const waiting = candidates.filter((id) => contentOf(id) !== undefined);
  const [unreadable] = await unreadableFiles(waiting, (id) => contentOf(id) ?? new Blob());
  return unreadable;
}
