import { useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { DropTarget } from "../upload/drop-target.tsx";
import { Empty } from "./empty.tsx";
import { Masthead } from "./masthead.tsx";
import { Notes } from "../batch/notes.tsx";
import { UploadSheet } from "./upload-sheet.tsx";
import { useKeptFocus } from "../ui/use-kept-focus.ts";
import { useReturning } from "../resume/use-resume.ts";
import { followOwner, ownerToken } from "../upload/owner-token.ts";
import { SpeedLimit } from "../batch/bandwidth-limit.ts";
import { Uploads } from "../upload/uploads.ts";
import { Thumbnails } from "../thumbnails/thumbnails.ts";

function options() {
  return { endpoint: location.origin, grant: ownerToken };
}

/** `/`: drop files, watch them being counted. */
export function UploadPage() {
  const uploads = useMemo(() => new Uploads(options, () => new Thumbnails()), []);
  const limit = useMemo(() => new SpeedLimit(uploads.bytesPerSecond), [uploads]);
  const main = useKeptFocus<HTMLElement>();
  const earlier = useReturning(uploads);
  const upload = uploads.current.value;
  useSignalEffect(() => {
    const begun = uploads.current.value;
    if (begun !== null) followOwner(begun.uploader, () => begun.intake.tryAgain());
  });
  return (
    <>
      <Masthead board={upload?.board ?? null} />
      <main ref={main}>
        <Notes uploads={uploads} />
        {upload === null ? (
          <>
            {earlier && <earlier.OfferList returning={earlier.returning} />}
            <Empty uploads={uploads} />
            {earlier && <earlier.RecentBatches returning={earlier.returning} />}
          </>
        ) : (
          <>
            {earlier && (
              <earlier.MissingFiles
                upload={upload}
                uploads={uploads}
                returning={earlier.returning}
              />
            )}
            <UploadSheet key={upload} upload={upload} uploads={uploads} limit={limit} />
          </>
        )}
      </main>
      <DropTarget onDrop={(taken) => void uploads.take(taken)} />
    </>
  );
}
