import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { isWorthRetrying } from "../../client/index.ts";
import { isSettled } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { placeOf } from "../batch/places.ts";
import { format, language } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";
import { sentShare } from "../tally/strokes.ts";
import { isPictureType, type Thumbnails } from "../thumbnails/thumbnails.ts";
import { nextDisplayedState } from "./displayed-state.ts";
import type { ListedFiles } from "./listed-files.ts";
import { folderOf, kindOf, startOverText, stateText } from "./row-state.ts";
import { shownName } from "../ui/shown-name.ts";
import { STATE_DISPLAY } from "./state-display.ts";

/** Index of a row in the list (0-based), and the id of the file that it shows. */
export interface RowPosition {
  index: number;
  file: number;
}

/** Data that all rows read from. */
export interface RowContext {
  board: Board;
  files: ListedFiles;
  /** Null on the watch page, which has no file contents. */
  thumbnails: Thumbnails | null;
}

/**
 * Creates a row that is reused for one file after another. Each value is a signal of its own, so
 * that a new file or a change of the file only updates the parts of the DOM that differ.
 */
export function createRow({ board, files, thumbnails }: RowContext, first: RowPosition) {
  const { ledger } = board;
  const displayed = displayedFile(files, first);
  const { position, state } = displayed;
  const live = <Value>(read: (file: number) => Value): ReadonlySignal<Value> =>
    computed(() => {
      void board.changed.value;
      return read(position.value.file);
    });
  const error = live((file) => ledger.errorCode(file));
  return {
    ...displayed,
    tone: computed(() => STATE_DISPLAY[state.value].tone),
    isSettled: computed(() => `${isSettled(state.value)}`),
    number: live((file) => format.number(placeOf(ledger.replaced, file) + 1)),
    name: live((file) => shownName(files.name(file))),
    kind: live((file) => kindOf(files.name(file))),
    thumbnail: computed(() => {
      void thumbnails?.revision.value;
      return thumbnails?.get(position.value.file) ?? null;
    }),
    folder: live((file) => shownName(folderOf(files.path(file)))),
    startOver: live((file) =>
      startOverText(ledger.multipartExpiresAt(file), words, language.locale),
    ),
    size: live((file) => sizeText(files.knownSize(file))),
    stateText: live((file) => stateText(ledger, file, words, state.value)),
    sent: live((file) => Math.floor(sentShare(ledger, file) * 100)),
    confirmed: live((file) => ledger.progress(file)),
    error: live((file) => {
      const code = ledger.errorCode(file);
      return code && words.problem(code, ledger.networkLimit);
    }),
    canCancel: live(
      (file) => files.knownSize(file) !== null && !isSettled(ledger.serverState(file)),
    ),
    canView: live((file) => files.state(file) === "completed" && isPictureType(files.type(file))),
    canRetry: computed(() => error.value !== null && isWorthRetrying(error.value)),
  };
}

/** The row's position and the state that it displays, which may lag behind the file's state. */
function displayedFile(files: ListedFiles, first: RowPosition) {
  const position = signal(first);
  const state = signal(files.state(first.file));
  return {
    position,
    state,
    /** Displays the next state on the way to the current one. @returns true if more will follow */
    step(): boolean {
      const current = files.state(position.peek().file);
      state.value = nextDisplayedState(state.peek(), current);
      return state.peek() !== current;
    },
    show(next: RowPosition): void {
      // A different file starts at its current state.
      if (next.file !== position.peek().file) state.value = files.state(next.file);
      position.value = next;
    },
  };
}

function sizeText(bytes: number | null): string {
  return bytes === null ? words.count.unknown : format.bytes(bytes);
}

export type ListRow = ReturnType<typeof createRow>;
