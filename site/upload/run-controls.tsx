import type { Upload } from "./uploads.ts";
import { words } from "../i18n/index.ts";
import { useLive } from "../ui/use-live.ts";

/** Pause and go on, whoever paused it, and the end of it all; nothing while nothing is to be sent, from here or elsewhere. */
export function RunControls({ upload: { uploader, board } }: { upload: Upload }) {
  const state = useLive(board, () => uploader.batch?.state ?? null);
  const isRunning = useLive(board, () => uploader.running || uploader.missing.size > 0);
  if (state.value === "completed" || state.value === "cancelled" || !isRunning.value) return null;
  const callOff = (): void => {
    // What is called off is not sent again: one wrong click should not do that.
    if (confirm(words.run.confirm)) void uploader.cancel();
  };
  return (
    <>
      {state.value === "paused" ? (
        <button
          type="button"
          class="primary"
          part="button primary"
          onClick={() => void uploader.resume()}
        >
          {words.run.resume}
        </button>
      ) : (
        <button type="button" part="button" onClick={() => void uploader.pause()}>
          {words.run.pause}
        </button>
      )}
      <button type="button" part="button" onClick={callOff}>
        {words.run.cancel}
      </button>
    </>
  );
}
