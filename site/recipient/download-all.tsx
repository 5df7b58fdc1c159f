import { useComputed } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import { fileAtPlace } from "../batch/places.ts";
import { serverNow } from "../../client/api/server-time.ts";
import { format } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";
import { linkEnd } from "../share/link-end.ts";
import { archiveLink, contentLink } from "../share/links.ts";

/**
 * A link that downloads what is stored, as an archive or, of a single file, as it is. During the upload the label
 * says how many files that is.
 */
export function DownloadAll({ board, token }: { board: Board; token: string }) {
  const stored = useComputed(() => board.counts.value.completed);
  const bytes = useComputed(() => (board.isOver.value ? storedBytes(board) : null));
  const id = board.batch.value?.id;
  if (id === undefined || stored.value === 0) return null;
  const isSingle = board.fileCount.value === 1;
  const end = linkEnd(token, board.batch.value, undefined, serverNow());
  return (
    <div class="download-all">
      <a
        class="button primary"
        href={
          isSingle
            ? contentLink(id, fileAtPlace(board.replaced.value, 0), token)
            : archiveLink(id, token)
        }
        download
      >
        {bytes.value === null
          ? words.recipient.downloadStored(stored.value)
          : words.recipient.downloadAll(stored.value, bytes.value)}
      </a>
      {end && "until" in end && <p>{words.recipient.until(format.date(end.until))}</p>}
    </div>
  );
}

/** Returns the bytes of the stored files. A cancelled batch has no summary. */
function storedBytes({ batch, changed, ledger }: Board): number {
  void changed.value;
  return batch.value?.summary?.bytes ?? ledger.bytes.received;
}
