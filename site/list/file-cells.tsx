import { SIDE } from "../thumbnails/messages.ts";
import { FileName } from "../ui/file-name.tsx";
import { SentBar } from "../ui/sent-bar.tsx";
import type { FileActions } from "./file-actions.ts";
import type { ListRow } from "./list-row.ts";
import { CancelOrDownload, RetryAction, UndoAction, ViewAction } from "./row-actions.tsx";

interface CellsProps {
  row: ListRow;
  actions: FileActions;
  /** Role of each cell in a grid. */
  role?: "gridcell";
}

/** The parts of a row, from its thumbnail to its last button. */
export function Cells({ row, actions, role }: CellsProps) {
  return (
    <>
      <Thumbnail row={row} />
      <span class="name" role={role} title={row.path}>
        <FileName name={row.name} />
        <Detail row={row} />
      </span>
      <span class="action" role={role}>
        <UndoAction row={row} actions={actions} />
        <RetryAction row={row} actions={actions} />
        <ViewAction row={row} actions={actions} />
      </span>
      <span class="size" role={role}>
        {row.size}
      </span>
      <span class="state" role={role}>
        <span>{row.stateText}</span>
        <SentBar sent={row.sent} />
      </span>
      <span class="end" role={role}>
        <CancelOrDownload row={row} actions={actions} />
      </span>
    </>
  );
}

/** Below the name: the reason why the file failed or starts over, or its folder. */
function Detail({ row }: { row: ListRow }) {
  const error = row.error.value;
  if (error !== null)
    return (
      <span class="error" title={error}>
        {error}
      </span>
    );
  const startOver = row.startOver.value;
  if (startOver !== "")
    return (
      <span class="start-over" title={startOver}>
        {startOver}
      </span>
    );
  return <bdi class="folder">{row.folder}</bdi>;
}

/** A picture's thumbnail, or the file's kind if there is no thumbnail (yet). */
function Thumbnail({ row }: { row: ListRow }) {
  const bitmap = row.thumbnail.value;
  // Hidden from screen readers, as the name already ends with the kind.
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
