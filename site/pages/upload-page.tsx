import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { LIMITS } from "../../protocol/index.ts";
import { words } from "../i18n/page.ts";
import type * as Resume from "../resume/index.ts";
import type { ResumeController } from "../resume/resume-controller.ts";
import { TallyMark } from "../tally/tally-mark.tsx";
import { Thumbnails } from "../thumbnails/thumbnails.ts";
import { usePreservedFocus } from "../ui/use-preserved-focus.ts";
import { BandwidthLimit } from "../upload/bandwidth-limit.tsx";
import { DropNotes } from "../upload/drop-notes.tsx";
import { DropTarget } from "../upload/drop-target.tsx";
import { DroppedHandles } from "../upload/dropped-handles.ts";
import { ownerToken, trackOwner } from "../upload/owner-token.ts";
import { PickButtons } from "../upload/pick-buttons.tsx";
import { Uploads } from "../upload/uploads.ts";
import { Masthead } from "./masthead.tsx";
import { UploadSheet } from "./upload-sheet.tsx";

function options() {
  return { endpoint: location.origin, grant: ownerToken };
}

/** The page at `/`: drop files, then watch their progress. */
export function UploadPage() {
  const uploads = useMemo(() => new Uploads(options, () => new Thumbnails()), []);
  const limit = useMemo(() => new BandwidthLimit(uploads.bytesPerSecond), [uploads]);
  const main = usePreservedFocus<HTMLElement>();
  const resume = useResume(uploads);
  const upload = uploads.current.value;
  useSignalEffect(() => {
    const current = uploads.current.value;
    if (current !== null) trackOwner(current.uploader, () => current.declarations.retry());
  });
  return (
    <>
      <Masthead board={upload?.board ?? null} />
      <main ref={main}>
        <DropNotes uploads={uploads} />
        {upload === null ? (
          <>
            {resume && <resume.ResumeOfferList controller={resume.controller} />}
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

/** True if this browser has uploaded before. The page then leaves space for recent batches. */
function hasUploadedBefore(): boolean {
  return ownerToken() !== undefined;
}

/** The empty page: what Tallyman does, and buttons to choose files. */
function Empty({ uploads }: { uploads: Uploads }) {
  return (
    <section class={hasUploadedBefore() ? "empty has-recent" : "empty"}>
      <div>
        <h1>
          <span>{words.empty.title}</span> <span>{words.empty.promise}</span>
        </h1>
        <p class="lead">{words.landing.lead(LIMITS.files)}</p>
        <p class="hint">{words.landing.hint}</p>
        <div class="actions">
          <PickButtons
            kind="primary"
            files={words.drop.chooseFiles}
            folder={words.drop.chooseFolder}
            onPick={(files) => uploads.addPicked(files)}
          />
        </div>
      </div>
      <TallyMark />
    </section>
  );
}

/** Resuming of batches, with its components. */
interface ResumeModule extends Omit<typeof Resume, "ResumeController"> {
  controller: ResumeController;
}

/** Loads the code for resuming after the page. Null until then; uploads also work without it. */
function useResume(uploads: Uploads): ResumeModule | null {
  const loaded = useSignal<ResumeModule | null>(null);
  useEffect(() => {
    const dropped = new DroppedHandles();
    const stop = dropped.listen();
    import("../resume/index.ts")
      .then(({ ResumeController: Controller, MissingFiles, RecentBatches, ResumeOfferList }) => {
        const controller = new Controller(uploads, dropped);
        loaded.value = { MissingFiles, RecentBatches, ResumeOfferList, controller };
      })
      .catch(() => undefined);
    return stop;
  }, [uploads]);
  return loaded.value;
}
