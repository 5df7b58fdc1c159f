import { isBatchOver } from "../../protocol/index.ts";
import { useLive } from "../ui/use-live.ts";
import type { Upload } from "../upload/uploads.ts";
import { resumeLink, shareLink } from "./links.ts";
import { readableBatch } from "./readable-batch.ts";
import { ShareLink } from "./share-link.tsx";

/** The links of a batch, for its sender. Shown once the batch has been created. */
export function ShareObject({ upload }: { upload: Upload }) {
  const share = useLive(upload.board, () => shareLinkOf(upload));
  const resume = useLive(upload.board, () => resumeLinkOf(upload));
  if (share.value === null) return null;
  return <ShareLink link={share.value} resumeLink={resume.value} />;
}

function shareLinkOf({ uploader }: Upload): string | null {
  const batch = readableBatch(uploader);
  return batch && shareLink(batch, location.origin);
}

/** Returns the link to continue on another device; null if there is no batch or it is over. */
function resumeLinkOf({ uploader: { resumableBatch, batch } }: Upload): string | null {
  if (resumableBatch === null || (batch !== null && isBatchOver(batch.state))) return null;
  return resumeLink(resumableBatch, location.origin);
}
