import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { words } from "../i18n/box.ts";
import { TallyMark } from "../tally/tally-mark.tsx";
import { Drags } from "./drags.ts";
import { readPaste } from "./read-paste.ts";
import { type IncomingFiles, readDrop } from "./read-drop.ts";

interface DropTargetProps {
  /** Accepts dropped and pasted files; the whole page by default. */
  zone?: HTMLElement;
  onDrop: (incoming: IncomingFiles) => void;
}

/** Accepts files dropped or pasted on `zone`, with an overlay while files are dragged over it. */
export function DropTarget({ zone = document.documentElement, onDrop }: DropTargetProps) {
  const isOver = useSignal(false);
  // With the first render: an effect waits for a frame, and until then a drop would replace the page.
  useLayoutEffect(
    () => listenForDrops(zone, (over) => void (isOver.value = over), onDrop),
    [zone, onDrop],
  );
  if (!isOver.value) return null;
  return (
    <div class="drop-overlay" part="overlay" aria-hidden="true">
      <TallyMark />
      <p>{words.pick.drop}</p>
    </div>
  );
}

function listenForDrops(
  zone: HTMLElement,
  onOver: (over: boolean) => void,
  onFiles: (incoming: IncomingFiles) => void,
) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const drags = new Drags(zone, signal);
  for (const name of ["dragenter", "dragover"] as const) {
    zone.addEventListener(name, (event) => onOver(drags.allow(event)), { signal });
  }
  const leave = ({ relatedTarget: to }: DragEvent): void => {
    // Moving to another element in the zone also fires dragleave. Leaving the window has no target.
    if (!(to instanceof Node && zone.contains(to))) onOver(false);
  };
  const drop = (event: DragEvent): void => {
    onOver(false);
    if (drags.allow(event) && event.dataTransfer !== null) onFiles(readDrop(event.dataTransfer));
  };
  const paste = (event: ClipboardEvent): void => {
    const incoming = readPaste(event);
    if (incoming !== null) onFiles(incoming);
  };
  zone.addEventListener("dragleave", leave, { signal });
  zone.addEventListener("drop", drop, { signal });
  zone.addEventListener("paste", paste, { signal });
  return () => stopping.abort();
}
