import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { carriesFiles, type IncomingFiles, readTransfer } from "./read-transfer.ts";
import { words } from "../i18n/index.ts";
import { TallyMark } from "../tally/tally-mark.tsx";

interface DropTargetProps {
  /** Where files may be dropped and pasted: anywhere on the page unless told. */
  zone?: HTMLElement;
  onDrop: (incoming: IncomingFiles) => void;
}

/** Makes `zone` a place to drop or paste files, and says so while files hover over it. */
export function DropTarget({ zone = document.documentElement, onDrop }: DropTargetProps) {
  const isOver = useSignal(false);
  useEffect(
    () => listenForDrops(zone, (over) => void (isOver.value = over), onDrop),
    [zone, onDrop],
  );
  if (!isOver.value) return null;
  return (
    <div class="let-go" part="let-go" aria-hidden="true">
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
  const ending = new AbortController();
  const { signal } = ending;
  const on = (name: "dragover" | "dragleave" | "drop", react: (event: DragEvent) => void): void =>
    zone.addEventListener(name, (event) => carriesFiles(event.dataTransfer) && react(event), {
      signal,
    });
  const take = (transfer: DataTransfer | null): void => {
    if (transfer !== null && carriesFiles(transfer)) onDrop(readTransfer(transfer));
  };
  on("dragover", (event) => {
    // Without this the browser would open the file in place of the page.
    event.preventDefault();
    onOver(true);
  });
  // Leaving an element for its neighbour is no leaving; the window is left towards nothing.
  on("dragleave", ({ relatedTarget: to }) => {
    if (!(to instanceof Node && zone.contains(to))) onOver(false);
  });
  on("drop", (event) => {
    event.preventDefault();
    onOver(false);
    take(event.dataTransfer);
  });
  zone.addEventListener("paste", ({ clipboardData }) => take(clipboardData), { signal });
  return () => ending.abort();
}
