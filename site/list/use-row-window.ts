import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { nextFrame } from "../ui/next-frame.ts";
import { rowWindow, type RowWindow, type Viewport } from "./row-window.ts";

/** What the window shows of `list`. */
export function viewportOf(list: Element): Viewport {
  return { top: -list.getBoundingClientRect().top, height: innerHeight };
}

/** The rows of `list` that the window shows, followed while the page scrolls or changes its shape. */
export function useRowWindow(
  list: RefObject<HTMLElement | null>,
  rowHeight: number,
  length: ReadonlySignal<number>,
): ReadonlySignal<RowWindow> {
  const sight = useSignal<Viewport>({ top: 0, height: 0 });
  useEffect(
    () =>
      onShift(() => {
        if (list.current !== null) sight.value = viewportOf(list.current);
      }),
    [],
  );
  return useComputed(() => rowWindow(sight.value, rowHeight, length.value));
}

/** Calls `listener` now, and once a frame while anything moves the list within the window. */
function onShift(listener: () => void): () => void {
  let cancel: (() => void) | null = null;
  const shifted = (): void => {
    cancel ??= nextFrame(() => {
      cancel = null;
      listener();
    });
  };
  // What appears above the list moves it without a scroll, but changes the height of the page.
  const sizes = new ResizeObserver(shifted);
  sizes.observe(document.body);
  addEventListener("scroll", shifted, { passive: true });
  addEventListener("resize", shifted);
  listener();
  return () => {
    cancel?.();
    sizes.disconnect();
    removeEventListener("scroll", shifted);
    removeEventListener("resize", shifted);
  };
}
