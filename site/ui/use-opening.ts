import { useSignal } from "@preact/signals";

/** One opening of a dialog, and the key of its component. */
export interface Opening<About> {
  about: About;
  /** Call when the dialog says that it was closed. */
  close: () => void;
}

/**
 * Opens a dialog anew each time. A dialog says only some time later that it was closed, when a person may
 * have opened it again.
 *
 * @returns the current opening, and a function that opens the dialog
 */
export function useOpening<About>(): [Opening<About> | null, (about: About) => void] {
  const current = useSignal<Opening<About> | null>(null);
  const open = (about: About): void => {
    const opening: Opening<About> = {
      about,
      close: () => void (current.peek() === opening && (current.value = null)),
    };
    current.value = opening;
  };
  return [current.value, open];
}
