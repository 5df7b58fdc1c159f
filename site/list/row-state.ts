import { serverNow } from "../../client/api/server-time.ts";
import type { Ledger } from "../../client/index.ts";
import { DAY_MS, type FileState, PROGRESS } from "../../protocol/index.ts";
import type { PageWords } from "../i18n/page/en.ts";
import { sentShare } from "../tally/strokes.ts";

type FileProgress = Pick<Ledger, "count" | "size" | "state" | "progress" | "sentBytes">;

/**
 * Returns the text for a file's state.
 *
 * @param state the state that the row displays; it may lag behind the file's state
 */
export function stateText(
  files: FileProgress,
  id: number,
  words: PageWords,
  state: FileState = files.state(id),
): string {
  const isBehind = state !== files.state(id);
  if (isBehind || (state !== "queued" && state !== "uploading")) return words.states[state];
  if (files.progress(id) >= PROGRESS.stored) return words.row.stored;
  const share = sentShare(files, id);
  if (state === "queued" && share === 0) return words.states.queued;
  return share === 1 ? words.row.sent : words.row.uploading(share * 100);
}

/** Time before a file starts over in which its row says so. */
const WARNING_MS = 7 * DAY_MS;

/**
 * Returns the text about a file whose stored parts are about to be discarded, or were: it starts over.
 * Returns "" for other files.
 *
 * @param expiresAt time at which they are discarded
 */
export function startOverText(
  expiresAt: string | null,
  words: PageWords,
  locale: string,
  now = serverNow(),
): string {
  if (expiresAt === null) return "";
  const at = new Date(expiresAt);
  const left = at.getTime() - now;
  if (left <= 0) return words.row.startedOver;
  if (left > WARNING_MS) return "";
  return words.row.startsOver(at.toLocaleDateString(locale, { dateStyle: "long" }));
}

/** Returns the folder part of a path; "" for a file that was not in a folder. */
export function folderOf(path: string | null): string {
  return path === null ? "" : path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Letters that fit into the box of a thumbnail. */
const MAX_KIND_LETTERS = 4;
const EXTENSION = /[^.]\.([\p{L}\p{N}]+)$/u;

/** Returns a file's kind from its extension, such as `PNG`; "" if it has none or a long one. */
export function kindOf(name: string): string {
  const extension = EXTENSION.exec(name)?.[1] ?? "";
  return extension.length > MAX_KIND_LETTERS ? "" : extension.toUpperCase();
}
