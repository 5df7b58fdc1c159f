import { useMemo } from "preact/hooks";
import { isBatchOver } from "../../protocol/index.ts";
import { cancelFile } from "../upload/cancel-file.ts";
import { ListView } from "../list/list-view.ts";
import { contentLink, resumeLink, shareLink } from "../share/links.ts";
import type { Upload, Uploads } from "../upload/uploads.ts";
import type { FileActions } from "../list/file-actions.ts";
import { FilePanel } from "../list/file-panel.tsx";
import { useLive } from "../ui/use-live.ts";
import { ReportActions } from "../batch/report-actions.tsx";
import { ShareLink } from "../share/share-link.tsx";
import { type BandwidthLimit, BandwidthSelect } from "../upload/bandwidth-limit.tsx";
import { TabStatus } from "./tab-status.tsx";
import { UploadProgress } from "../upload/upload-progress.tsx";
import { type ReadonlySignal, useSignalEffect } from "@preact/signals";

interface UploadSheetProps {
  upload: Upload;
  uploads: Uploads;
  limit: BandwidthLimit;
}

/** One batch, for the person who uploads it. */
export function UploadSheet({ upload, uploads, limit }: UploadSheetProps) {
  const { uploader, board } = upload;
  const list = useMemo(() => new ListView(board), [board]);
  const isSending = useLive(board, () => uploader.running && uploader.batch?.state !== "paused");
  const actions = useMemo(() => actionsOf(upload), [upload]);
  const link = useLive(board, () => {
    const batch = readable(uploader);
    return batch && shareLink(batch, location.origin);
  });
  const own = useLive(board, () => resumeLinkOf(upload));
  return (
    <>
      <UploadProgress
        upload={upload}
        uploads={uploads}
        onShowFailed={() => void (list.filter.value = "failed")}
        Report={ReportActions}
        speed={<BandwidthSelect limit={limit} />}
      />
      {link.value !== null && <ShareLink link={link.value} resumeLink={own.value} />}
      <FilePanel board={board} list={list} actions={actions} thumbnails={upload.thumbnails} />
      <StayAwake isRunning={isSending} />
      <TabStatus board={board} />
    </>
  );
}

function actionsOf({ uploader, board }: Upload): FileActions {
  return {
    retry: (file) => uploader.retry([file]),
    cancel: (file) => cancelFile(uploader, board, file),
    contentLink: (file) => {
      const batch = readable(uploader);
      return batch && contentLink(batch.id, file, batch.tokens.read);
    },
  };
}

/** The batch, with what opens reading it; null while there is none, or without that. */
function readable({ resumableBatch }: Upload["uploader"]) {
  const read = resumableBatch?.tokens.read;
  return resumableBatch && read !== undefined ? { id: resumableBatch.id, tokens: { read } } : null;
}

/** The link to go on with the batch elsewhere; null while there is none, or once it is over. */
function resumeLinkOf({ uploader: { resumableBatch, batch } }: Upload): string | null {
  if (resumableBatch === null || (batch !== null && isBatchOver(batch.state))) return null;
  return resumeLink(resumableBatch, location.origin);
}

/** Keeps the screen on while `isRunning`: a phone that goes to sleep stops sending. */
function StayAwake({ isRunning }: { isRunning: ReadonlySignal<boolean> }) {
  useSignalEffect(() => (isRunning.value ? keepScreenOn() : undefined));
  return null;
}

/** @returns lets the screen go dark again */
function keepScreenOn(): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const ask = async (): Promise<void> => {
    const lock = await screenLock();
    if (signal.aborted) return void lock?.release();
    signal.addEventListener("abort", () => void lock?.release());
  };
  // The browser takes the lock back whenever the page is out of sight.
  document.addEventListener("visibilitychange", () => void ask(), { signal });
  void ask();
  return () => ending.abort();
}

/** Null where it is not to be had: on an old browser, out of sight, with an empty battery. */
async function screenLock(): Promise<WakeLockSentinel | null> {
  if (!("wakeLock" in navigator) || document.hidden) return null;
  try {
    return await navigator.wakeLock.request("screen");
  } catch {
    return null;
  }
}
