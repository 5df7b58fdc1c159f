import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * Preserves the keyboard's place. When the focused control disappears (a batch ends, and its Pause
 * button with it), the focus moves to the part before it or the nearest element that contained it, so that
 * Tab continues from there.
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
  const changes = new MutationObserver((records) => {
    const focused = path[0];
    if (focused === undefined || hasFocusElsewhere()) return;
    const removal = records.find(({ removedNodes }) => hasAny(removedNodes, path));
    if (!focused.isConnected) takeFocus(placeOf(path, removal) ?? root);
    // A part of the page that changes its place is removed and inserted again, and loses the focus.
    else if (removal !== undefined) focused.focus({ preventScroll: true });
  });
  const forget = (): void => {
    // A person who clicks beside the controls has left them. A removal is handled before this.
    setTimeout(() => void (hasFocusElsewhere() || (path = [])));
  };
  const ending = new AbortController();
  const { signal } = ending;
  root.addEventListener("focusin", remember, { signal });
  root.addEventListener("focusout", forget, { signal });
  changes.observe(root, { childList: true, subtree: true });
  return () => {
    ending.abort();
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

function hasAny(nodes: NodeList, path: readonly HTMLElement[]): boolean {
  return path.some((element) => [...nodes].includes(element));
}

/** Elements that Enter or a letter activates or changes. */
const CONTROLS = "a, button, input, select, textarea, summary";

/** Returns what stood before the removed part, or what contained it. */
function placeOf(
  path: readonly HTMLElement[],
  removal: MutationRecord | undefined,
): HTMLElement | undefined {
  const before = removal?.previousSibling;
  const isPlace = before instanceof HTMLElement && before.isConnected && !before.matches(CONTROLS);
  return isPlace ? before : path.find((element) => element.isConnected);
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
