import { useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { DropTarget } from "../upload/drop-target.tsx";
import { Empty } from "./empty.tsx";
import { Masthead } from "./masthead.tsx";
import { DropNotes } from "../upload/drop-notes.tsx";
import { UploadSheet } from "./upload-sheet.tsx";
import { usePreservedFocus } from "../ui/use-preserved-focus.ts";
import { useResume } from "../resume/use-resume.ts";
import { trackOwner, ownerToken } from "../upload/owner-token.ts";
import { BandwidthLimit } from "../upload/bandwidth-limit.ts";
import { Uploads } from "../upload/uploads.ts";
import { Thumbnails } from "../thumbnails/thumbnails.ts";

function options() {
  return { endpoint: location.origin, grant: ownerToken };
}

/** `/`: drop files, watch them being counted. */
export function UploadPage() {
  const uploads = useMemo(() => new Uploads(options, () => new Thumbnails()), []);
  const limit = useMemo(() => new BandwidthLimit(uploads.bytesPerSecond), [uploads]);
  const main = usePreservedFocus<HTMLElement>();
  const resume = useResume(uploads);
  const upload = uploads.current.value;
  useSignalEffect(() => {
    const begun = uploads.current.value;
    if (begun !== null) trackOwner(begun.uploader, () => begun.declarations.retry());
  });
  return (
    <>
      <Masthead board={upload?.board ?? null} />
      <main ref={main}>
        <DropNotes uploads={uploads} />
        {upload === null ? (
          <>
            {resume && <resume.OfferList controller={resume.controller} />}
            <Empty uploads={uploads} />
            {resume && <resume.RecentBatches controller={resume.controller} />}
          </>
        ) : (
          <>
            {resume && (
              <resume.MissingFiles
                upload={upload}
                uploads={uploads}
                controller={resume.controller}
              />
            )}
            <UploadSheet key={upload} upload={upload} uploads={uploads} limit={limit} />
          </>
        )}
      </main>
      <DropTarget onDrop={(incoming) => void uploads.addIncoming(incoming)} />
    </>
  );
}
