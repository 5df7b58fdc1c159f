import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { isWorthRetrying } from "../../../client/index.ts";
import { isSettled } from "../../../protocol/index.ts";
import type { Thumbnails } from "../../thumbnails/thumbnails.ts";
import { format } from "../../words/index.ts";
import { words } from "../../words/page.ts";
import { problemWords } from "../../words/problem-words.ts";
import type { Board } from "../board.ts";
import { folderOf, kindOf, stateWords } from "./row-state.ts";
import { sentShare } from "../strokes.ts";

/** Which file a row shows at the moment, and where in the list it stands (0-based). */
export interface Place {
  index: number;
  file: number;
}

/**
 * What one recycled row shows, each as a signal of its own: when the row is given another file, or
 * its file changes, only what reads differently is touched.
 */
export function createRow(board: Board, first: Place, thumbnails: Thumbnails | null) {
  const { ledger } = board;
  const place = signal(first);
  const live = <Value>(read: (file: number) => Value): ReadonlySignal<Value> =>
    computed(() => {
      void board.changed.value;
      return read(place.value.file);
    });
  const error = live((file) => ledger.errorCode(file));
  return {
    place,
    number: live((file) => format.number(file + 1)),
    name: live((file) => ledger.name(file)),
    kind: live((file) => kindOf(ledger.name(file))),
    thumbnail: computed(() => {
      void thumbnails?.news.value;
      return thumbnails?.of(place.value.file) ?? null;
    }),
    folder: live((file) => folderOf(ledger.path(file))),
    size: live((file) => format.bytes(ledger.size(file))),
    state: live((file) => ledger.state(file)),
    words: live((file) => stateWords(ledger, file, words)),
    sent: live((file) => Math.floor(sentShare(ledger, file) * 100)),
    confirmed: live((file) => ledger.progress(file)),
    error: computed(() => error.value && problemWords(error.value)),
    canCancel: live((file) => !isSettled(ledger.serverState(file))),
    canRetry: computed(() => error.value !== null && isWorthRetrying(error.value)),
  };
}

export type Row = ReturnType<typeof createRow>;
