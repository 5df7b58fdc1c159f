import type { ComponentChildren } from "preact";
import { words } from "../i18n/box.ts";
import { TallyMark } from "../tally/tally-mark.tsx";
import { Heading } from "../ui/heading.tsx";
import { DropTarget } from "./drop-target.tsx";
import { PickButtons } from "./pick-buttons.tsx";
import type { IncomingFiles } from "./read-drop.ts";

interface BoxLayoutProps {
  notes: ComponentChildren;
  /** The view of the current batch; null shows the empty box. */
  children: ComponentChildren;
  /** Accepts dropped and pasted files. */
  zone: HTMLElement;
  /** The types that are chosen from at first, and what the batch may contain, once that is known. */
  accept: string | undefined;
  limits: ComponentChildren;
  onFiles: (incoming: IncomingFiles) => void;
}

/** The layout of an uploader in an app's page: notes, then the current batch or the empty box. */
export function BoxLayout({ notes, children, zone, ...box }: BoxLayoutProps) {
  return (
    <>
      {notes}
      {children ?? <EmptyBox {...box} />}
      <DropTarget zone={zone} onDrop={box.onFiles} />
    </>
  );
}

function EmptyBox({
  accept,
  limits,
  onFiles,
}: Pick<BoxLayoutProps, "accept" | "limits" | "onFiles">) {
  return (
    <div class="box" part="empty">
      <TallyMark />
      <div>
        <Heading class="box-title">
          {words.empty.title} {words.empty.promise}
        </Heading>
        <p class="hint">{words.empty.hint}</p>
        <div class="actions">
          <PickButtons
            kind="primary"
            files={words.pick.files}
            folder={words.pick.folder}
            accept={accept}
            onPick={(files) => onFiles({ files: [...files], folders: [] })}
          />
        </div>
        {limits}
      </div>
    </div>
  );
}
