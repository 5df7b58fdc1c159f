import { useSignalEffect, useSignal } from "@preact/signals";
import { useMemo, useEffect } from "preact/hooks";
import { DropTarget } from "../upload/drop-target.tsx";
import { Masthead } from "./masthead.tsx";
import { DropNotes } from "../upload/drop-notes.tsx";
import { UploadSheet } from "./upload-sheet.tsx";
import { usePreservedFocus } from "../ui/use-preserved-focus.ts";
import { trackOwner, ownerToken } from "../upload/owner-token.ts";
import { BandwidthLimit } from "../upload/bandwidth-limit.tsx";
import { Uploads } from "../upload/uploads.ts";
import { Thumbnails } from "../thumbnails/thumbnails.ts";
import { LIMITS } from "../../protocol/index.ts";
import { words } from "../i18n/page.ts";
import { PickButtons } from "../upload/pick-buttons.tsx";
import { TallyMark } from "../tally/tally-mark.tsx";
import { DroppedHandles } from "../upload/dropped-handles.ts";
import type * as Loaded from "../resume/index.ts";
import type { ResumeController } from "../resume/resume-controller.ts";

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

/** Was anything uploaded from this browser before? Then there is more below. */
function hasUploadedBefore(): boolean {
  return ownerToken() !== undefined;
}

/** Nothing dropped yet: what this is, and how to begin. */
function Empty({ uploads }: { uploads: Uploads }) {
  return (
    <section class={hasUploadedBefore() ? "empty is-known" : "empty"}>
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

/** Coming back to batches of earlier pages, and what shows it. */
interface ResumeModule extends Omit<typeof Loaded, "ResumeController"> {
  controller: ResumeController;
}

/** Null until it is loaded, which is after the page is there. Where that fails, uploading goes on. */
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
