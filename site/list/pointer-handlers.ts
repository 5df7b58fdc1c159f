import { headingOf } from "./folder-groups.ts";
import type { Hold } from "./hold.ts";
import type { ListView } from "./list-view.ts";

/** Handlers of rows that are held still for mouse, pen and touch. */
interface HoldHandlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerLeave: (event: PointerEvent) => void;
  onPointerCancel: () => void;
}

/** Handlers of the list. */
interface PointerHandlers extends HoldHandlers {
  onWheel: () => void;
  onClick: (event: MouseEvent) => void;
}

/** Returns handlers that hold rows still while a pointer is on them. */
export function holdHandlers(hold: Hold): HoldHandlers {
  // A finger stays on no row.
  const keep = ({ pointerType }: PointerEvent): void => hold.keep(pointerType !== "touch");
  return {
    onPointerDown: keep,
    onPointerMove: keep,
    // A finger leaves before its click, whose target must still be there.
    onPointerLeave: (event) => {
      if (event.pointerType !== "touch") hold.release();
    },
    // The browser takes a touch for scrolling.
    onPointerCancel: () => hold.release(),
  };
}

/** Returns handlers that make the row under the pointer the active one, and hold the rows still meanwhile. */
export function pointerHandlers(list: ListView): PointerHandlers {
  const activate = ({ target }: Event): void => {
    const entry = entryOf(target);
    const row = entry === null ? null : list.rowIndexOf(entry);
    if (entry !== null && row !== null) list.active.value = { entry, row };
  };
  const handlers = holdHandlers(list.hold);
  return {
    ...handlers,
    onPointerDown: (event) => {
      handlers.onPointerDown(event);
      // A finger may only want to scroll. Its tap is a click.
      if (event.pointerType !== "touch") activate(event);
    },
    onWheel: () => list.hold.release(),
    onClick: activate,
  };
}

/** Returns the entry in the row that contains an element. */
function entryOf(target: EventTarget | null): number | null {
  const row = target instanceof Element ? target.closest<HTMLElement>("[role=row]") : null;
  if (row === null) return null;
  const { file, folder } = row.dataset;
  return folder === undefined ? Number(file) : headingOf(Number(folder));
}
