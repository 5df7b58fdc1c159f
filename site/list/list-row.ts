import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { isWorthRetrying } from "../../client/index.ts";
import { isSettled } from "../../protocol/index.ts";
import type { Thumbnails } from "../thumbnails/thumbnails.ts";
import { format } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";
import type { Board } from "../batch/board.ts";
import type { ListedFiles } from "./listed-files.ts";
import { folderOf, kindOf, stateText } from "./row-state.ts";
import { nextDisplayedState } from "./displayed-state.ts";
import { sentShare } from "../tally/strokes.ts";

/** Which file a row shows at the moment, and where in the list it stands (0-based). */
export interface RowPosition {
  index: number;
  file: number;
}

/** What rows are about. */
export interface RowContext {
  board: Board;
  listing: ListedFiles;
  /** Null where the files are on somebody else's disk. */
  thumbnails: Thumbnails | null;
}

/**
 * What one recycled row shows, each as a signal of its own: when the row is given another file, or
 * its file changes, only what reads differently is touched.
 */
export function createRow({ board, listing, thumbnails }: RowContext, first: RowPosition) {
  const { ledger } = board;
  const seen = displayedState(listing, first);
  const { place, state } = seen;
  const live = <Value>(read: (file: number) => Value): ReadonlySignal<Value> =>
    computed(() => {
      void board.changed.value;
      return read(place.value.file);
    });
  const error = live((file) => ledger.errorCode(file));
  return {
    ...seen,
    number: live((file) => format.number(file + 1)),
    name: live((file) => listing.name(file)),
    kind: live((file) => kindOf(listing.name(file))),
    thumbnail: computed(() => {
      void thumbnails?.revision.value;
      return thumbnails?.get(place.value.file) ?? null;
    }),
    folder: live((file) => folderOf(listing.path(file))),
    size: live((file) => sizeText(listing.knownSize(file))),
    words: live((file) => stateText(ledger, file, words, state.value)),
    sent: live((file) => Math.floor(sentShare(ledger, file) * 100)),
    confirmed: live((file) => ledger.progress(file)),
    error: computed(() => error.value && words.problem(error.value)),
    canCancel: live(
      (file) => listing.knownSize(file) !== null && !isSettled(ledger.serverState(file)),
    ),
    canRetry: computed(() => error.value !== null && isWorthRetrying(error.value)),
  };
}

/** Which file a row shows, and the state that is to be seen of it. */
function displayedState(listing: ListedFiles, first: RowPosition) {
  const place = signal(first);
  const state = signal(listing.state(first.file));
  return {
    place,
    state,
    /** Takes the next step to where the file is. @returns whether there is another */
    step(): boolean {
      const truth = listing.state(place.peek().file);
      state.value = nextDisplayedState(state.peek(), truth);
      return state.peek() !== truth;
    },
    show(next: RowPosition): void {
      // What another file was at before is not this one's past.
      if (next.file !== place.peek().file) state.value = listing.state(next.file);
      place.value = next;
    },
  };
}

function sizeText(bytes: number | null): string {
  return bytes === null ? words.count.unknown : format.bytes(bytes);
}

export type ListRow = ReturnType<typeof createRow>;
