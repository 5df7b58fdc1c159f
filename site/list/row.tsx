import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { FileActions } from "./file-actions.ts";
import { Cells } from "./file-cells.tsx";
import { FolderHeading } from "./folder-heading.tsx";
import type { ListRow } from "./list-row.ts";
import type { ListView } from "./list-view.ts";
import { rowId } from "./row-id.ts";

interface RowProps {
  row: ListRow;
  /** Index of the row that the keyboard is on. */
  active: ReadonlySignal<number>;
  list: ListView;
  actions: FileActions;
}

/** A file, or the heading of a folder. While the list scrolls, the same row is reused for others. */
export function Row({ row, active, list, actions }: RowProps) {
  const isHeading = useComputed(() => row.position.value.folder !== null);
  return isHeading.value ? (
    <FolderRow row={row} active={active} list={list} />
  ) : (
    <FileRow row={row} active={active} actions={actions} />
  );
}

function FolderRow({ row, active, list }: Omit<RowProps, "actions">) {
  const attributes = useRowAttributes(row, active);
  const folder = useComputed(() => row.position.value.folder ?? undefined);
  return (
    <div class="folder-row" role="row" data-folder={folder} {...attributes}>
      <FolderHeading row={row} list={list} />
    </div>
  );
}

function FileRow({ row, active, actions }: Omit<RowProps, "list">) {
  const attributes = useRowAttributes(row, active);
  const file = useComputed(() => row.position.value.file);
  return (
    <div
      class="row"
      role="row"
      data-file={file}
      data-state={row.state}
      data-tone={row.tone}
      data-over={row.isOver}
      {...attributes}
    >
      <Cells row={row} actions={actions} role="gridcell" />
    </div>
  );
}

function useRowAttributes({ position }: ListRow, active: ReadonlySignal<number>) {
  return {
    id: useComputed(() => rowId(position.value.index)),
    "aria-rowindex": useComputed(() => position.value.index + 1),
    "data-active": useComputed(() => `${position.value.index === active.value}`),
  };
}
