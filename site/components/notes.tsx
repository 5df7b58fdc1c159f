import { LIMITS } from "../../protocol/index.ts";
import type { Notice, Uploads } from "../state/uploads.ts";
import { words } from "../words/index.ts";

/** What there is to say about the last drop: that folders are being read, or what was left out. */
export function Notes({ uploads }: { uploads: Uploads }) {
  const notice = uploads.notice.value;
  return (
    <div class="notes" role="status">
      {uploads.reading.value > 0 && <p class="note">{words.drop.reading(uploads.found.value)}</p>}
      {notice && <p class="note">{noticeWords(notice)}</p>}
    </div>
  );
}

function noticeWords(notice: Notice): string {
  if (notice.kind === "nothing") return words.drop.nothing;
  if (notice.kind === "unreadable") return words.drop.unreadable(notice.files);
  return words.drop.over(notice.files, LIMITS.files);
}
