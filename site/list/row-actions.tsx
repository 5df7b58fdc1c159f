import type { ComponentChildren } from "preact";
import { useContext, useRef } from "preact/hooks";
import { words } from "../i18n/page.ts";
import type { FileActions } from "./file-actions.ts";
import { RowShifts } from "./layout-shifts.ts";
import type { ListRow } from "./list-row.ts";
import { isStillMeant, pressOn, type RowPress } from "./row-press.ts";

// Not in the tab order, as the grid's keys (Enter, Delete) do the same for the active row.

interface RowActionsProps {
  row: ListRow;
  actions: FileActions;
}

/** Undoes the cancellation of a file. */
export function UndoAction({ row, actions: { undo } }: RowActionsProps) {
  if (undo === undefined || !row.canUndo.value) return null;
  return (
    <RowAction row={row} kind="quiet" label={words.row.undoNamed(row.name.value)} run={undo}>
      {words.row.undo}
    </RowAction>
  );
}

/** Retries a failed file. */
export function RetryAction({ row, actions: { retry } }: RowActionsProps) {
  if (retry === null || !row.canRetry.value || row.canUndo.value) return null;
  return (
    <RowAction row={row} kind="quiet" label={words.row.retryNamed(row.name.value)} run={retry}>
      {words.batch.retry}
    </RowAction>
  );
}

/** Shows a stored picture or video. */
export function ViewAction({ row, actions: { view } }: RowActionsProps) {
  if (view === undefined || !row.canView.value) return null;
  return (
    <RowAction row={row} kind="quiet" label={words.row.viewNamed(row.name.value)} run={view}>
      {words.row.view}
    </RowAction>
  );
}

/** Cancels a file that is not settled, or downloads a stored one. */
export function CancelOrDownload({ row, actions: { cancel, contentLink } }: RowActionsProps) {
  const name = row.name.value;
  if (row.canUndo.value) return null;
  if (cancel !== null && row.canCancel.value) {
    const label = words.row.cancelNamed(name);
    return (
      <RowAction row={row} kind="icon" label={label} run={cancel} isCancel>
        ×
      </RowAction>
    );
  }
  const link = row.state.value === "completed" ? contentLink(row.position.value.file) : null;
  if (link === null) return null;
  const label = words.row.downloadNamed(name);
  return (
    <a class="icon" href={link} download tabIndex={-1} aria-label={label} title={label}>
      ↓
    </a>
  );
}

interface RowActionProps {
  row: ListRow;
  kind: "quiet" | "icon";
  label: string;
  run: (file: number) => void;
  /** True for the one action that does harm if it meets another file, or one that is stored by then. */
  isCancel?: boolean;
  children: ComponentChildren;
}

function RowAction({ row, kind, label, run, isCancel = false, children }: RowActionProps) {
  // The file that the button belonged to when it was pressed: a scroll may give the row to another.
  const pressed = useRef<RowPress | null>(null);
  const shifts = useContext(RowShifts);
  return (
    <button
      type="button"
      class={kind}
      tabIndex={-1}
      aria-label={label}
      title={label}
      onPointerDown={() => void (pressed.current = pressOn(row, shifts))}
      onClick={(event) => {
        // A key, which clicks without a pointer, acts on the row as it is.
        const press = event.detail === 0 ? null : pressed.current;
        pressed.current = null;
        const file = press?.file ?? row.position.peek().file;
        if (isCancel && press !== null && !isStillMeant(press, row)) return;
        // The button disappears with the file's state: move the focus to the grid first.
        event.currentTarget.closest<HTMLElement>("[role=grid]")?.focus({ preventScroll: true });
        run(file);
      }}
    >
      {children}
    </button>
  );
}
