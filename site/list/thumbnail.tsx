import type { ListRow } from "./list-row.ts";
import { SIDE } from "../thumbnails/messages.ts";

/** A picture's thumbnail; of other files, and until there is one, what kind of file it is. */
export function Thumbnail({ row }: { row: ListRow }) {
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
