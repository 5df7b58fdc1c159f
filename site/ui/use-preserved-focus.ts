import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * Preserves the keyboard's place. When the focused control disappears (a batch ends, and its Pause
 * button with it), the focus moves to the nearest element that contained it, so that Tab continues
 * from there.
 *
 * @returns ref of the element in which focus is preserved
 */
export function usePreservedFocus<Root extends HTMLElement>(): RefObject<Root | null> {
  const root = useRef<Root>(null);
  useEffect(() => (root.current === null ? undefined : preserveFocus(root.current)), []);
  return root;
}

function preserveFocus(root: HTMLElement): () => void {
  let path: readonly HTMLElement[] = [];
  const remember = ({ target }: FocusEvent): void => {
    path = pathTo(target, root);
  };
  const changes = new MutationObserver(() => {
    if (path[0]?.isConnected !== false || hasFocusElsewhere()) return;
    takeFocus(path.find((element) => element.isConnected) ?? root);
  });
  root.addEventListener("focusin", remember);
  changes.observe(root, { childList: true, subtree: true });
  return () => {
    root.removeEventListener("focusin", remember);
    changes.disconnect();
  };
}

/** Returns the element and its ancestors up to `root`. */
function pathTo(target: EventTarget | null, root: HTMLElement): HTMLElement[] {
  const path: HTMLElement[] = [];
  for (let at = target; at instanceof HTMLElement; at = at.parentElement) {
    path.push(at);
    if (at === root) break;
  }
  return path;
}

/** True if another control has the focus by now. */
function hasFocusElsewhere(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body;
}

/** Focuses a container, not the next control, as a late press of Enter would activate that. */
function takeFocus(element: HTMLElement): void {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
