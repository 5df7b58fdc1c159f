import { words } from "../i18n/box.ts";
import { LeaveGuard } from "../upload/leave-guard.tsx";
import { BoxLayout } from "../upload/box-layout.tsx";
import type { LazyUploads } from "./lazy-uploads.ts";
import { LoadProblem } from "./load-problem.tsx";
import { loadState } from "./load-batch-module.ts";

interface UploaderViewProps {
  uploads: LazyUploads;
  /** Accepts dropped and pasted files. */
  zone: HTMLElement;
}

/** The content of `<tallyman-uploader>`: like `UploadBox`, but usable before the batch module has loaded. */
export function UploaderView({ uploads, zone }: UploaderViewProps) {
  const loaded = uploads.loaded.value;
  const upload = loaded?.uploads.current.value ?? null;
  return (
    <BoxLayout
      notes={
        loaded === null ? (
          <WaitingNote uploads={uploads} />
        ) : (
          <loaded.module.DropNotes uploads={loaded.uploads} />
        )
      }
      zone={zone}
      accept={loaded?.module.acceptOf(loaded.uploads.limits)}
      limits={loaded && <loaded.module.LimitsLine limits={loaded.uploads.limits} />}
      onFiles={(incoming) => uploads.addIncoming(incoming)}
    >
      {loaded && upload && (
        <loaded.module.UploadView key={upload} upload={upload} uploads={loaded.uploads} />
      )}
    </BoxLayout>
  );
}

/** Shown while files wait for the batch module. */
function WaitingNote({ uploads }: { uploads: LazyUploads }) {
  if (uploads.waiting.value.length === 0) return null;
  return (
    <>
      {loadState.value === "failed" ? (
        <LoadProblem />
      ) : (
        <p class="note" part="note">
          {words.load.waiting}
        </p>
      )}
      <LeaveGuard isRunning={() => uploads.waiting.peek().length > 0} />
    </>
  );
}
