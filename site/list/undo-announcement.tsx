import { useComputed } from "@preact/signals";
import { Announcement } from "../announce/announcement.tsx";
import { words } from "../i18n/page.ts";
import { shownName } from "../ui/shown-name.ts";
import type { FileActions } from "./file-actions.ts";
import type { ListedFiles } from "./listed-files.ts";

interface UndoAnnouncementProps {
  files: ListedFiles;
  undoable: FileActions["undoable"];
}

/** Tells screen readers that the file which was just cancelled can still be uploaded. */
export function UndoAnnouncement({ files, undoable }: UndoAnnouncementProps) {
  const text = useComputed(() => {
    const file = [...(undoable?.value.keys() ?? [])].at(-1);
    return file === undefined ? "" : words.row.cancelledNamed(shownName(files.name(file)));
  });
  return <Announcement text={text.value} importance="urgent" />;
}
