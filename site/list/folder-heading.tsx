import { useComputed } from "@preact/signals";
import { words } from "../i18n/page.ts";
import { format } from "../i18n/index.ts";
import { shownName } from "../ui/shown-name.ts";
import type { ListRow } from "./list-row.ts";
import type { ListView } from "./list-view.ts";

interface FolderHeadingProps {
  row: ListRow;
  list: ListView;
}

/** The heading of a folder: its path, and the number of its files that are stored. */
export function FolderHeading({ row, list }: FolderHeadingProps) {
  const folder = useComputed(() => row.position.value.folder ?? 0);
  const path = useComputed(() => shownName(list.folders.shownPath(folder.value)));
  const isExpanded = useComputed(() => !list.collapsed.value.has(folder.value));
  const count = useComputed(() => {
    const { stored, all } = list.storedIn(folder.value);
    return list.filter.value === "all" ? words.list.folderCount(stored, all) : format.number(all);
  });
  // Not in the tab order, as the grid's keys (Enter, Left and Right) do the same for the active row.
  return (
    <span class="folder-heading" role="gridcell">
      <button
        type="button"
        class="folder-toggle"
        tabIndex={-1}
        aria-expanded={isExpanded}
        title={path}
        onClick={(event) => {
          event.currentTarget.closest<HTMLElement>("[role=grid]")?.focus({ preventScroll: true });
          list.toggle(folder.value);
        }}
      >
        <bdi>{path}</bdi>
      </button>
      <span class="folder-count">{count}</span>
    </span>
  );
}
