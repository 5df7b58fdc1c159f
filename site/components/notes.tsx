import { LIMITS } from "../../protocol/index.ts";
import type { Uploads } from "../state/uploads.ts";
import { words } from "../words/index.ts";

/** What there is to say about the last drop: that folders are being read, or what was left out. */
export function Notes({ uploads }: { uploads: Uploads }) {
  const { over, unreadable } = uploads.leftOut.value;
  return (
    <div class="notes" role="status">
      {uploads.reading.value > 0 && <p class="note">{words.drop.reading}</p>}
      {uploads.isEmptyDrop.value && <p class="note">{words.drop.nothing}</p>}
      {over > 0 && <p class="note">{words.drop.over(over, LIMITS.files)}</p>}
      {unreadable > 0 && <p class="note">{words.drop.unreadable(unreadable)}</p>}
    </div>
  );
}
