import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { nextFrame } from "../ui/next-frame.ts";
import { rowWindow, type RowWindow, type Viewport } from "./row-window.ts";

/** Returns the browser's viewport relative to `list`. */
export function viewportOf(list: Element): Viewport {
  return { top: -list.getBoundingClientRect().top, height: innerHeight };
}

/** Returns the rows of `list` to render, updated while the page scrolls or its layout changes. */
export function useRowWindow(
  list: RefObject<HTMLElement | null>,
  rowHeight: number,
  length: ReadonlySignal<number>,
): ReadonlySignal<RowWindow> {
  const viewport = useSignal<Viewport>({ top: 0, height: 0 });
  useEffect(
    () =>
      onMove(() => {
        if (list.current !== null) viewport.value = viewportOf(list.current);
      }),
    [],
  );
  return useComputed(() => rowWindow(viewport.value, rowHeight, length.value));
}

/** Calls `listener` now, and at most once a frame while the list moves within the viewport. */
function onMove(listener: () => void): () => void {
  let cancel: (() => void) | null = null;
  const schedule = (): void => {
    cancel ??= nextFrame(() => {
      cancel = null;
      listener();
    });
  };
  // Content that appears above the list moves it without a scroll event, but resizes the body.
  const sizes = new ResizeObserver(schedule);
  sizes.observe(document.body);
  addEventListener("scroll", schedule, { passive: true });
  addEventListener("resize", schedule);
  listener();
  return () => {
    cancel?.();
    sizes.disconnect();
    removeEventListener("scroll", schedule);
    removeEventListener("resize", schedule);
  };
}
