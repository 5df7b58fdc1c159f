import { headingOf } from "./folder-groups.ts";
import type { ListView } from "./list-view.ts";

/** Handlers of the list for mouse, pen and touch. */
interface PointerHandlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerLeave: (event: PointerEvent) => void;
  onPointerCancel: () => void;
  onWheel: () => void;
  onClick: (event: MouseEvent) => void;
}

/** Returns handlers that make the row under the pointer the active one, and hold the rows still meanwhile. */
export function pointerHandlers(list: ListView): PointerHandlers {
  const activate = ({ target }: Event): void => {
    const entry = entryOf(target);
    const row = entry === null ? null : list.rowIndexOf(entry);
    if (entry !== null && row !== null) list.active.value = { entry, row };
  };
  const release = (): void => list.hold.release();
  return {
    onPointerDown: (event) => {
      list.hold.keep();
      // A finger may only want to scroll. Its tap is a click.
      if (event.pointerType !== "touch") activate(event);
    },
    onPointerMove: () => list.hold.keep(),
    // A finger leaves before its click, whose target must still be there.
    onPointerLeave: (event) => {
      if (event.pointerType !== "touch") release();
    },
    // The browser takes a touch for scrolling.
    onPointerCancel: release,
    onWheel: release,
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
