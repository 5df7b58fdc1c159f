import { useEffect, useRef } from "preact/hooks";
import type { RefObject } from "preact";

/**
 * Keeps the keyboard's place: when the control it is on goes away (a batch ends, and with it the
 * button that paused it), focus stays on what was around that control, and Tab goes on from there.
 *
 * @returns the ref of the element in which this holds
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

/** The element, and all around it up to `root`. */
function pathTo(target: EventTarget | null, root: HTMLElement): HTMLElement[] {
  const path: HTMLElement[] = [];
  for (let at = target; at instanceof HTMLElement; at = at.parentElement) {
    path.push(at);
    if (at === root) break;
  }
  return path;
}

/** Has the reader gone elsewhere meanwhile? */
function hasFocusElsewhere(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body;
}

/** Around a control, and not on the next one: Enter might be pressed a moment too late. */
function takeFocus(element: HTMLElement): void {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
