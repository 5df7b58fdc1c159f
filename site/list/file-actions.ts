import type { ReadonlySignal } from "@preact/signals";

/** Actions on one file. Null where the action is not available, as on the watch page. */
export interface FileActions {
  retry: ((file: number) => void) | null;
  cancel: ((file: number) => void) | null;
  /** Undoes a cancellation, while the server isn't told of it. */
  undo?: (file: number) => void;
  /** Files whose cancellation can be undone. */
  undoable?: ReadonlySignal<ReadonlyMap<number, unknown>>;
  /** Shows a stored picture in large. */
  view?: (file: number) => void;
  /** Returns the address of a stored file's content; null until the batch is known. */
  contentLink: (file: number) => string | null;
}
