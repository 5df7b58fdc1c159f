import type { Signal } from "@preact/signals";

/** Follows whether an element is in the window. @returns stops it */
export function observeShown(element: Element, isShown: Signal<boolean>): () => void {
  const observer = new IntersectionObserver((entries) => {
    isShown.value = entries.at(-1)?.isIntersecting ?? true;
  });
  observer.observe(element);
  return () => {
    observer.disconnect();
    isShown.value = true;
  };
}
