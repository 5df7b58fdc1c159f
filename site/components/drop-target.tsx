import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { carriesFiles, type Taken, takeDrop } from "../drop/take-drop.ts";
import { words } from "../words/index.ts";
import { TallyMark } from "./tally-mark.tsx";

/** Makes the whole window a place to drop or paste files, and says so while files hover over it. */
export function DropTarget({ onDrop }: { onDrop: (taken: Taken) => void }) {
  const isOver = useSignal(false);
  useEffect(() => listenForDrops((over) => void (isOver.value = over), onDrop), [onDrop]);
  if (!isOver.value) return null;
  return (
    <div class="let-go" aria-hidden="true">
      <TallyMark />
      <p>{words.drop.letGo}</p>
    </div>
  );
}

function listenForDrops(onOver: (over: boolean) => void, onDrop: (taken: Taken) => void) {
  const ending = new AbortController();
  const on = (name: "dragover" | "dragleave" | "drop", react: (event: DragEvent) => void): void =>
    addEventListener(name, (event) => carriesFiles(event.dataTransfer) && react(event), {
      signal: ending.signal,
    });
  on("dragover", (event) => {
    // Without this the browser would open the file in place of the page.
    event.preventDefault();
    onOver(true);
  });
  // Leaving an element for its neighbour is no leaving; the window is left towards nothing.
  on("dragleave", (event) => event.relatedTarget === null && onOver(false));
  on("drop", (event) => {
    event.preventDefault();
    onOver(false);
    if (event.dataTransfer !== null) onDrop(takeDrop(event.dataTransfer));
  });
  const paste = ({ clipboardData }: ClipboardEvent): void => {
    if (clipboardData !== null && carriesFiles(clipboardData)) onDrop(takeDrop(clipboardData));
  };
  addEventListener("paste", paste, { signal: ending.signal });
  return () => ending.abort();
}
