import type { Uploader } from "../../client/index.ts";
import type { Board } from "../batch/board.ts";

type Canceller = Pick<Uploader, "cancel" | "ledger" | "on">;

/**
 * Cancels a file, at once or as soon as it is declared. Does nothing for a file that was only found
 * and has no id yet, or whose id went to a file that another client declared first.
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
