import type { Uploader } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";

type Canceller = Pick<Uploader, "cancel" | "ledger" | "on">;

/**
 * Calls a file off: as soon as the server knows of it, where it is still to be declared. A file that
 * was only found has no id yet, and nothing happens; nor where others declare files before it, which
 * then have its place in the list.
 */
export function cancelFile(
  uploader: Canceller,
  board: Pick<Board, "acceptedCount">,
  file: number,
): void {
  if (file >= board.acceptedCount) return;
  const isDeclared = (): boolean => file < uploader.ledger.count;
  if (isDeclared()) return void uploader.cancel([file]);
  const off = uploader.on("files", ({ isOwn }) => {
    if (isOwn && !isDeclared()) return;
    off();
    if (isOwn) void uploader.cancel([file]);
  });
}
