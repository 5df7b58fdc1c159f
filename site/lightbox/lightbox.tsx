import { type ReadonlySignal, type Signal, useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { words } from "../i18n/page.ts";
import { shownName } from "../ui/shown-name.ts";
import { LightboxBar } from "./lightbox-bar.tsx";
import { Medium } from "./medium.tsx";
import { type Place, placeOf } from "./place.ts";
import { useSwipe } from "./use-swipe.ts";
import { mediumOf, viewableFiles } from "./viewable.ts";

/** Larger pictures are loaded only when they are shown. */
const PRELOAD_BYTES = 20_000_000;

export interface LightboxProps {
  board: Board;
  /** The shown file; null closes the lightbox. */
  file: Signal<number | null>;
  /** Returns the address of a stored file's content. */
  contentLink: (file: number) => string | null;
  /** Further content of the dialog. */
  children?: ComponentChildren;
}

/** A dialog that shows one picture or video after the other: the files themselves, no thumbnails. */
export function Lightbox({ board, file, contentLink, children }: LightboxProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const place = useComputed(() => placeOf(board, file.value ?? 0));
  const go = useNavigation(board, file, place);
  useEffect(() => {
    dialog.current?.showModal();
    // Not the first button, which is Download.
    dialog.current?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="lightbox"
      tabIndex={-1}
      aria-label={words.lightbox.title}
      onKeyDown={(event) => onKey(event, go)}
      onClose={() => void (file.value = null)}
    >
      <LightboxBar
        board={board}
        place={place}
        contentLink={contentLink}
        onClose={() => dialog.current?.close()}
      />
      <Stage board={board} place={place} contentLink={contentLink} onStep={go.step} />
      <Arrow place={place} by={-1} onStep={go.step} />
      <Arrow place={place} by={1} onStep={go.step} />
      <Preload board={board} place={place} contentLink={contentLink} />
      {children}
    </dialog>
  );
}

interface Navigation {
  step: (by: number) => void;
  first: () => void;
  last: () => void;
}

function useNavigation(
  { ledger }: Board,
  file: Signal<number | null>,
  place: ReadonlySignal<Place | null>,
): Navigation {
  const show = (files: Uint32Array, index: number): void => {
    const next = files[index];
    if (next !== undefined) file.value = next;
  };
  return {
    step: (by) => show(viewableFiles(ledger), (place.peek()?.index ?? 0) + by),
    first: () => show(viewableFiles(ledger), 0),
    last: () => {
      const files = viewableFiles(ledger);
      show(files, files.length - 1);
    },
  };
}

function onKey(event: KeyboardEvent, { step, first, last }: Navigation): void {
  // The keys of a focused video move within it. With Alt, the arrows are the browser's.
  if (event.target instanceof HTMLVideoElement || event.altKey || event.ctrlKey) return;
  const forwards = isLeftToRight() ? 1 : -1;
  if (event.key === "ArrowRight") step(forwards);
  else if (event.key === "ArrowLeft") step(-forwards);
  else if (event.key === "Home") first();
  else if (event.key === "End") last();
  else return;
  event.preventDefault();
}

function isLeftToRight(): boolean {
  return words.direction === "ltr";
}

interface PartProps extends Pick<LightboxProps, "board" | "contentLink"> {
  place: ReadonlySignal<Place | null>;
}

/** The place of the picture, on which a finger swipes. */
function Stage({ board, place, contentLink, onStep }: PartProps & Pick<ArrowProps, "onStep">) {
  const swipe = useSwipe((isToLeft) => onStep(isToLeft === isLeftToRight() ? 1 : -1));
  const { file } = place.value ?? {};
  return (
    <div class="lightbox-stage" {...swipe}>
      {file !== undefined && (
        <Medium
          // Another element per file, as an image shows the last one until the next is loaded.
          key={file}
          name={shownName(board.ledger.name(file))}
          isVideo={mediumOf(board.ledger.type(file)) === "video"}
          link={contentLink(file)}
        />
      )}
    </div>
  );
}

interface ArrowProps {
  place: ReadonlySignal<Place | null>;
  by: 1 | -1;
  onStep: (by: number) => void;
}

/** Disabled at an end by `aria-disabled`, as a button that is disabled loses the focus. */
function Arrow({ place, by, onStep }: ArrowProps) {
  const isAtEnd = useComputed(() => {
    const { index = 0, count = 0 } = place.value ?? {};
    return `${by < 0 ? index <= 0 : index >= count - 1}` as const;
  });
  const label = by < 0 ? words.lightbox.previous : words.lightbox.next;
  return (
    <button
      type="button"
      class={by < 0 ? "lightbox-arrow is-previous" : "lightbox-arrow is-next"}
      aria-label={label}
      aria-disabled={isAtEnd}
      title={label}
      onClick={() => onStep(by)}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={by < 0 ? "M15 5 8 12l7 7" : "M9 5l7 7-7 7"} />
      </svg>
    </button>
  );
}

/** Loads the next picture in the direction of the last step. */
function Preload({ board, place, contentLink }: PartProps) {
  const last = useRef(-1);
  const { value: shown } = place;
  const index = shown?.index ?? -1;
  useEffect(() => {
    const next = index + (index < last.current ? -1 : 1);
    last.current = index;
    const file = viewableFiles(board.ledger)[next];
    if (file === undefined || !isWorthPreloading(board, file)) return;
    new Image().src = contentLink(file) ?? "";
  }, [index]);
  return null;
}

function isWorthPreloading({ ledger }: Board, file: number): boolean {
  return mediumOf(ledger.type(file)) === "picture" && ledger.size(file) <= PRELOAD_BYTES;
}
