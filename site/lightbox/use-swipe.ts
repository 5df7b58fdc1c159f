import { useRef } from "preact/hooks";

/** Shortest swipe in CSS pixels. */
const DISTANCE = 48;

interface SwipeHandlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerUp: (event: PointerEvent) => void;
  onPointerCancel: () => void;
}

/**
 * Returns the handlers of an element on which a finger or a pen swipes. The element needs
 * `touch-action: pan-y pinch-zoom`, else the browser takes the movement for itself.
 *
 * @param onSwipe called with true for a swipe to the left
 */
export function useSwipe(onSwipe: (isToLeft: boolean) => void): SwipeHandlers {
  const start = useRef<PointerEvent | null>(null);
  return {
    onPointerDown: (event) => {
      // A second finger zooms. In a zoomed page, one finger moves it.
      const isZoomed = (visualViewport?.scale ?? 1) > 1;
      const isSwipe = event.isPrimary && event.pointerType !== "mouse" && !isZoomed;
      start.current = isSwipe ? event : null;
    },
    onPointerUp: (event) => {
      const { current: from } = start;
      start.current = null;
      if (from?.pointerId !== event.pointerId) return;
      const [x, y] = [event.clientX - from.clientX, event.clientY - from.clientY];
      if (Math.abs(x) >= DISTANCE && Math.abs(x) > 2 * Math.abs(y)) onSwipe(x < 0);
    },
    onPointerCancel: () => void (start.current = null),
  };
}
