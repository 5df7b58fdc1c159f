import { computed, type ReadonlySignal } from "@preact/signals";
import { isWorthRetrying } from "../../client/index.ts";
import { isSettled } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { refusalOf } from "../batch/shown-state.ts";
import { format, language } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";
import { isWorthOpening } from "../lightbox/viewable.ts";
import type { FileActions } from "./file-actions.ts";
import { DisplayedFile, type RowPosition } from "./displayed-file.ts";
import type { ListedFiles } from "./listed-files.ts";
import { folderOf, kindOf, startOverText, stateText } from "./row-state.ts";
import { shownName } from "../ui/shown-name.ts";
import { STATE_DISPLAY } from "./state-display.ts";

/** Thumbnails of the files in rows. */
export interface RowThumbnails {
  /** Counts up with every new thumbnail. */
  readonly revision: ReadonlySignal<number>;
  /** Returns a file's thumbnail, SIDE pixels wide and high; null if there is none (yet). */
  get: (file: number) => ImageBitmap | null;
  /** Sets which files are visible in one place of the page: thumbnails are made for them. */
  setVisible: (files: readonly number[], place: string) => void;
}

/** Data that all rows read from. */
export interface RowContext {
  board: Board;
  files: ListedFiles;
  thumbnails: RowThumbnails | null;
  /** Files whose cancellation can be undone. They are displayed as cancelled. */
  undoable: FileActions["undoable"];
}

/**
 * Creates a row that is reused for one file after another. Each value is a signal of its own, so
 * that a new file or a change of the file only updates the parts of the DOM that differ.
 */
export function createRow(context: RowContext, first: RowPosition) {
  const { board, files, thumbnails, undoable } = context;
  const { ledger } = board;
  const displayed = new DisplayedFile(files, first);
  const { position, progress } = displayed;
  const live = liveIn(board, position);
  const canUndo = computed(() => undoable?.value.has(position.value.file) === true);
  const state = computed(() => (canUndo.value ? "cancelled" : progress.value.state));
  return {
    displayed,
    position,
    state,
    tone: computed(() => STATE_DISPLAY[state.value].tone),
    /** True once nothing more of the file is sent: a full bar would be the loudest part of the page. */
    isOver: computed(() => `${isSettled(state.value) || progress.value.isStored}`),
    name: live((file) => shownName(files.name(file))),
    path: live((file) => shownName(files.path(file) ?? files.name(file))),
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
    stateText: computed(() => stateText({ ...progress.value, state: state.value }, words)),
    sent: computed(() => Math.floor(progress.value.sent * 100)),
    error: live((file) => {
      const code = files.errorCode(file);
      return code && words.problem(code, ledger.networkLimit);
    }),
    canUndo,
    /** True once the file is stored or cancelled. */
    isDone: (file: number) => ledger.isUploadDone(file),
    ...actionsIn(context, live),
  };
}

/** Returns a signal of a value of the row's file. */
type Live = <Value>(read: (file: number) => Value) => ReadonlySignal<Value>;

function liveIn({ changed }: Board, position: ReadonlySignal<RowPosition>): Live {
  return (read) =>
    computed(() => {
      void changed.value;
      return read(position.value.file);
    });
}

/** The actions that the row offers for its file. */
function actionsIn({ board, files }: RowContext, live: Live) {
  const { ledger } = board;
  // Without an id, a file that couldn't be declared is retried and given up with the others.
  const hasId = (file: number): boolean => refusalOf(board, file) === null;
  return {
    canCancel: live(
      (file) =>
        files.knownSize(file) !== null && !isSettled(ledger.serverState(file)) && hasId(file),
    ),
    canView: live((file) => files.state(file) === "completed" && isWorthOpening(files.type(file))),
    canRetry: live((file) => {
      const code = ledger.errorCode(file);
      return code !== null && isWorthRetrying(code);
    }),
  };
}

function sizeText(bytes: number | null): string {
  return bytes === null ? words.row.unknownSize : format.bytes(bytes);
}

export type ListRow = ReturnType<typeof createRow>;
