import { serverNow } from "../../client/api/server-time.ts";
import { DAY_MS } from "../../protocol/index.ts";
import type { PageWords } from "../i18n/page/en.ts";
import type { RowProgress } from "./row-progress.ts";

/** Returns the text for the progress that a row displays. */
export function stateText({ state, sent, isStored }: RowProgress, words: PageWords): string {
  if (state !== "queued" && state !== "uploading") return words.states[state];
  if (isStored) return words.row.stored;
  if (state === "queued" && sent === 0) return words.states.queued;
  return sent === 1 ? words.row.sent : words.row.uploading(sent * 100);
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
