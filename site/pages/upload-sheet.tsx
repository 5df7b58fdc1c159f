import { type ReadonlySignal, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { isBatchOver } from "../../protocol/index.ts";
import type { FileActions } from "../list/file-actions.ts";
import { FilePanel } from "../list/file-panel.tsx";
import { ListView } from "../list/list-view.ts";
import { contentLink, resumeLink, shareLink } from "../share/links.ts";
import { ShareLink } from "../share/share-link.tsx";
import { useLive } from "../ui/use-live.ts";
import { type BandwidthLimit, BandwidthSelect } from "../upload/bandwidth-limit.tsx";
import { cancelFile } from "../upload/cancel-file.ts";
import { UploadProgress } from "../upload/upload-progress.tsx";
import type { Upload, Uploads } from "../upload/uploads.ts";
import { SummaryExtras } from "./summary-extras.tsx";
import { TabStatus } from "./tab-status.tsx";

interface UploadSheetProps {
  upload: Upload;
  uploads: Uploads;
  limit: BandwidthLimit;
}

/** One batch, for the person who uploads it. */
export function UploadSheet({ upload, uploads, limit }: UploadSheetProps) {
  const { uploader, board } = upload;
  const list = useMemo(() => new ListView(board), [board]);
  const actions = useMemo(() => actionsOf(upload), [upload]);
  const isSending = useLive(board, () => uploader.running && uploader.batch?.state !== "paused");
  const share = useLive(board, () => shareLinkOf(upload));
  const resume = useLive(board, () => resumeLinkOf(upload));
  return (
    <>
      <SummaryExtras list={list}>
        <UploadProgress upload={upload} uploads={uploads}>
          <BandwidthSelect limit={limit} />
        </UploadProgress>
      </SummaryExtras>
      {share.value !== null && <ShareLink link={share.value} resumeLink={resume.value} />}
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
      const batch = readableBatch(uploader);
      return batch && contentLink(batch.id, file, batch.tokens.read);
    },
  };
}

/** Returns the batch with its read token; null if either is missing. */
function readableBatch({ resumableBatch: batch }: Upload["uploader"]) {
  const read = batch?.tokens.read;
  return batch && read !== undefined ? { id: batch.id, tokens: { read } } : null;
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

/** Keeps the screen on while `isRunning`, as a sleeping phone stops uploading. */
function StayAwake({ isRunning }: { isRunning: ReadonlySignal<boolean> }) {
  useSignalEffect(() => (isRunning.value ? keepScreenOn() : undefined));
  return null;
}

/** @returns lets the screen turn off again */
function keepScreenOn(): () => void {
  const stopping = new AbortController();
  const { signal } = stopping;
  const request = async (): Promise<void> => {
    const lock = await requestWakeLock();
    if (signal.aborted) return void lock?.release();
    signal.addEventListener("abort", () => void lock?.release());
  };
  // Browsers release the lock whenever the page is hidden.
  document.addEventListener("visibilitychange", () => void request(), { signal });
  void request();
  return () => stopping.abort();
}

/** Returns null without a lock: in an old browser, a hidden page, or with a low battery. */
async function requestWakeLock(): Promise<WakeLockSentinel | null> {
  if (!("wakeLock" in navigator) || document.hidden) return null;
  try {
    return await navigator.wakeLock.request("screen");
  } catch {
    return null;
  }
}
