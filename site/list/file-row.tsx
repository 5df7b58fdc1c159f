import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { ListRow } from "./list-row.ts";
import type { FileActions } from "./file-actions.ts";
import { rowId } from "./row-id.ts";
import { CancelOrDownload, RetryAction } from "./row-actions.tsx";
import { TwoToneBar } from "../ui/two-tone-bar.tsx";
import { SIDE } from "../thumbnails/messages.ts";

interface FileRowProps {
  row: ListRow;
  /** Index of the row that the keyboard is on. */
  active: ReadonlySignal<number>;
  actions: FileActions;
}

/** One file. Recycled: while the list scrolls, the same row shows one file after another. */
export function FileRow({ row, active, actions }: FileRowProps) {
  const { place, name } = row;
  const id = useComputed(() => rowId(place.value.index));
  const position = useComputed(() => place.value.index + 1);
  const isActive = useComputed(() => `${place.value.index === active.value}`);
  const file = useComputed(() => place.value.file);
  return (
    <div
      class="row"
      role="row"
      id={id}
      aria-rowindex={position}
      data-active={isActive}
      data-file={file}
      data-state={row.state}
    >
      <span class="number" role="gridcell">
        {row.number}
      </span>
      <Thumbnail row={row} />
      <span class="name" role="gridcell">
        <bdi>{name}</bdi>
        <Detail row={row} />
      </span>
      <span class="action" role="gridcell">
        <RetryAction row={row} actions={actions} />
      </span>
      <span class="size" role="gridcell">
        {row.size}
      </span>
      <span class="state" role="gridcell">
        <span>{row.words}</span>
        <TwoToneBar label={name} text={row.words} sent={row.sent} confirmed={row.confirmed} />
      </span>
      <span class="end" role="gridcell">
        <CancelOrDownload row={row} actions={actions} />
      </span>
    </div>
  );
}

/** Below the name: why the file failed, else the folder it is in. */
function Detail({ row }: { row: ListRow }) {
  const error = row.error.value;
  if (error !== null) return <span class="error">{error}</span>;
  return <bdi class="folder">{row.folder}</bdi>;
}

/** A picture's thumbnail; of other files, and until there is one, what kind of file it is. */
function Thumbnail({ row }: { row: ListRow }) {
  const bitmap = row.thumbnail.value;
  // The name beside it says the kind as well.
  return (
    <span class="thumbnail" aria-hidden="true">
      {bitmap === null ? (
        row.kind
      ) : (
        <canvas width={SIDE} height={SIDE} ref={(canvas) => draw(canvas, bitmap)} />
      )}
    </span>
  );
}

function draw(canvas: HTMLCanvasElement | null, bitmap: ImageBitmap): void {
  const context = canvas?.getContext("2d");
  context?.clearRect(0, 0, SIDE, SIDE);
  context?.drawImage(bitmap, 0, 0);
}
