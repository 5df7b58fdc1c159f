import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface MenuProps {
  /** Text of the button. */
  label: string;
  /** Name of the button for screen readers, if the label is a sign. */
  name?: string;
  children: ComponentChildren;
}

/**
 * A button that shows further controls. Its panel stays in the document: a file dialog that a hidden button
 * has opened would lose its input otherwise.
 */
export function Menu({ label, name = label, children }: MenuProps) {
  const isOpen = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const panel = useId();
  // Also while it's closed: an effect of `isOpen` would miss what happens before the next frame.
  useEffect(() => closeWhenDone(root, isOpen), []);
  return (
    <div class="menu" ref={root}>
      <button
        type="button"
        part="button"
        aria-label={name}
        aria-expanded={isOpen.value}
        aria-controls={panel}
        onClick={() => void (isOpen.value = !isOpen.peek())}
      >
        {label}
      </button>
      <div
        class="menu-panel"
        part="menu"
        role="group"
        id={panel}
        aria-label={name}
        hidden={!isOpen.value}
      >
        {children}
      </div>
    </div>
  );
}

/**
 * Closes on Escape, after a button in the panel, and when it's left. Other controls in it, such as a choice,
 * keep it open.
 *
 * @returns stops listening
 */
function closeWhenDone(root: RefObject<HTMLElement | null>, isOpen: Signal<boolean>): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const close = (): void => void (isOpen.value = false);
  const closeOutside = (event: Event): void => {
    if (root.current === null || !event.composedPath().includes(root.current)) close();
  };
  const closeAndReturn = (): void => {
    close();
    root.current?.querySelector("button")?.focus();
  };
  const closeAfterButton = ({ target }: Event): void => {
    // A hidden button loses the focus.
    if (target instanceof Element && target.closest(".menu-panel button") !== null)
      closeAndReturn();
  };
  const closeOnEscape = ({ key }: KeyboardEvent): void => {
    if (key === "Escape" && isOpen.peek()) closeAndReturn();
  };
  document.addEventListener("pointerdown", closeOutside, { signal });
  document.addEventListener("focusin", closeOutside, { signal });
  root.current?.addEventListener("click", closeAfterButton, { signal });
  root.current?.addEventListener("keydown", closeOnEscape, { signal });
  return () => ending.abort();
}
