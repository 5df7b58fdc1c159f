import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { words } from "../i18n/index.ts";
import { TallyMark } from "../tally/tally-mark.tsx";
import { carriesFiles, type IncomingFiles, readTransfer } from "./read-transfer.ts";

interface DropTargetProps {
  /** Accepts dropped and pasted files; the whole page by default. */
  zone?: HTMLElement;
  onDrop: (incoming: IncomingFiles) => void;
}

/** Accepts files dropped or pasted on `zone`, with an overlay while files are dragged over it. */
export function DropTarget({ zone = document.documentElement, onDrop }: DropTargetProps) {
  const isOver = useSignal(false);
  useEffect(
    () => listenForDrops(zone, (over) => void (isOver.value = over), onDrop),
    [zone, onDrop],
  );
  if (!isOver.value) return null;
  return (
    <div class="drop-overlay" part="overlay" aria-hidden="true">
      <TallyMark />
      <p>{words.drop.dropToUpload}</p>
    </div>
  );
}

function listenForDrops(
  zone: HTMLElement,
  onOver: (over: boolean) => void,
  onDrop: (incoming: IncomingFiles) => void,
) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const on = (name: "dragover" | "dragleave" | "drop", handle: (event: DragEvent) => void): void =>
    zone.addEventListener(name, (event) => carriesFiles(event.dataTransfer) && handle(event), {
      signal,
    });
  const take = (transfer: DataTransfer | null): void => {
    if (transfer !== null && carriesFiles(transfer)) onDrop(readTransfer(transfer));
  };
  on("dragover", (event) => {
    // Otherwise the browser would open the file instead of dropping it on the page.
    event.preventDefault();
    onOver(true);
  });
  // Moving to another element in the zone also fires dragleave. Leaving the window has no target.
  on("dragleave", ({ relatedTarget: to }) => {
    if (!(to instanceof Node && zone.contains(to))) onOver(false);
  });
  on("drop", (event) => {
    event.preventDefault();
    onOver(false);
    take(event.dataTransfer);
  });
  zone.addEventListener("paste", ({ clipboardData }) => take(clipboardData), { signal });
  return () => stopping.abort();
}
