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
    const file = fileOf(target);
    const row = file === null ? null : list.rowIndexOf(file);
    if (file !== null && row !== null) list.active.value = { file, row };
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

/** Returns the file of the row that contains an element. */
function fileOf(target: EventTarget | null): number | null {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-file]") : null;
  return row === null ? null : Number(row.dataset["file"]);
}
