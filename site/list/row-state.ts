import type { Ledger } from "../../client/index.ts";
import { type FileState, PROGRESS } from "../../protocol/index.ts";
import type { PageWords } from "../i18n/en.ts";
import { sentShare } from "../tally/strokes.ts";

type Rows = Pick<Ledger, "count" | "size" | "state" | "progress" | "sentBytes">;

/**
 * What a file is at, in words.
 *
 * @param state what its row shows: it may still be on its way to the truth
 */
export function stateText(
  rows: Rows,
  id: number,
  words: PageWords,
  state: FileState = rows.state(id),
): string {
  const isBehind = state !== rows.state(id);
  if (isBehind || (state !== "queued" && state !== "uploading")) return words.states[state];
  if (rows.progress(id) >= PROGRESS.stored) return words.row.stored;
  const share = sentShare(rows, id);
  if (state === "queued" && share === 0) return words.states.queued;
  return share === 1 ? words.row.sent : words.row.sending(share * 100);
}

/** The folder a file came from, without its name; "" for a file that was dropped by itself. */
export function folderOf(path: string | null): string {
  return path === null ? "" : path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Letters of a file's kind that a mark has room for. */
const KIND_LETTERS = 4;
const EXTENSION = /[^.]\.([\p{L}\p{N}]+)$/u;

/** What kind of file it is, by the end of its name: `PNG`; "" where that tells nothing. */
export function kindOf(name: string): string {
  const extension = EXTENSION.exec(name)?.[1] ?? "";
  return extension.length > KIND_LETTERS ? "" : extension.toUpperCase();
}
