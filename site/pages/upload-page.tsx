import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { words } from "../i18n/start.ts";
import type { SavedBatch } from "../persistence/database.ts";
import type { ResumeController } from "../resume/resume-controller.ts";
import { Thumbnails } from "../thumbnails/thumbnails.ts";
import { usePreservedFocus } from "../ui/use-preserved-focus.ts";
import { BandwidthLimit } from "../upload/bandwidth-limit.ts";
import { DropTarget } from "../upload/drop-target.tsx";
import { grant } from "../upload/grant.ts";
import { LeaveGuard, useUnsaved } from "../upload/leave-guard.tsx";
import type { IncomingFiles } from "../upload/read-drop.ts";
import { credential, trackOwner } from "../upload/owner-token.ts";
import { UploadAccess } from "../upload/upload-access.ts";
import { type Upload, Uploads } from "../upload/uploads.ts";
import { hasWaitingFiles } from "../upload/waiting-files.ts";
import { BatchLoading } from "./batch-loading.tsx";
import { Empty } from "./empty.tsx";
import { batchView } from "./later-code.ts";
import { LoadProblem } from "./load-problem.tsx";
import { Masthead } from "./masthead.tsx";
import { type ResumeModule, useResume } from "./use-resume.ts";

function options(name: string | null) {
  return {
    endpoint: location.origin,
    grant: credential,
    ...(name !== null && { metadata: { name } }),
  };
}

const makeThumbnails = (): Thumbnails => new Thumbnails();

interface UploadPageProps {
  /** A batch to open, which this browser has sent before. */
  sent?: SavedBatch;
  /** Files that were dropped before this page was shown. */
  dropped?: IncomingFiles[];
  /** Called if the server no longer opens it for this browser. */
  onRefused?: () => void;
}

/** The page at `/`: drop files, then watch their progress. */
export function UploadPage({ sent, dropped, onRefused }: UploadPageProps) {
  const access = useMemo(() => new UploadAccess(), []);
  const uploads = useMemo(() => new Uploads(options, access, makeThumbnails), []);
  const limit = useMemo(() => new BandwidthLimit(uploads.bytesPerSecond), [uploads]);
  const main = usePreservedFocus<HTMLElement>();
  const resume = useResume(uploads);
  const upload = uploads.current.value;
  useEffect(() => void batchView.load(), []);
  useDropped(uploads, dropped);
  useUnsaved(() => hasWaitingFiles(uploads));
  useAccess(uploads, access);
  const isOpening = useOpenSent(resume?.controller, sent, onRefused);
  const view = batchView.module.value;
  const parts = { uploads, resume };
  return (
    <>
      <Masthead board={upload?.board ?? null} />
      <main ref={main}>
        <LoadProblem />
        {view && <view.DropNotes uploads={uploads} />}
        {upload === null && isOpening && <BatchLoading text={words.opening.loading} />}
        {upload === null && !isOpening && <Start {...parts} access={access} />}
        {upload !== null && (
          <>
            <SentNote upload={upload} sent={sent} />
            <CurrentUpload {...parts} key={upload} upload={upload} limit={limit} />
          </>
        )}
      </main>
      <DropTarget onDrop={(incoming) => void uploads.addIncoming(incoming)} />
    </>
  );
}

interface PartProps {
  uploads: Uploads;
  /** Null until its code has loaded. */
  resume: ResumeModule | null;
}

/** The page without a batch. */
function Start({ uploads, resume, access }: PartProps & { access: UploadAccess }) {
  return (
    <>
      {resume && <resume.parts.LinkedBatch uploads={uploads} controller={resume.controller} />}
      {resume && <resume.parts.ResumeOfferList controller={resume.controller} />}
      {uploads.waiting.value > 0 || (uploads.opening.value !== null && resume === null) ? (
        <Opening uploads={uploads} isAsking={(resume?.controller.linked.value ?? null) !== null} />
      ) : (
        <Empty uploads={uploads} access={access} />
      )}
      {resume && <resume.parts.RecentBatches controller={resume.controller} />}
    </>
  );
}

interface OpeningProps {
  uploads: Uploads;
  /** True while the person is asked whether to open the batch, which tells about the files that wait. */
  isAsking: boolean;
}

/** Shown while a batch is opened, for which files may wait. */
function Opening({ uploads, isAsking }: OpeningProps) {
  const isWaiting = uploads.waiting.value > 0;
  return (
    <>
      {!isAsking && <BatchLoading text={isWaiting ? words.load.waiting : words.opening.loading} />}
      <LeaveGuard isRunning={() => uploads.waiting.peek() > 0} />
    </>
  );
}

/** Uploads files that were dropped before this page was shown, once. */
function useDropped(uploads: Uploads, dropped: IncomingFiles[] | undefined): void {
  useEffect(() => {
    for (const incoming of dropped?.splice(0) ?? []) void uploads.addIncoming(incoming);
  }, []);
}

/** Opens a batch that was sent before. Returns true until it is open. */
function useOpenSent(
  controller: ResumeController | undefined,
  sent: SavedBatch | undefined,
  onRefused: () => void = () => undefined,
): boolean {
  const isOpening = useSignal(sent !== undefined);
  useEffect(() => {
    if (controller === undefined || sent === undefined) return;
    void controller.openSent(sent, onRefused).then(() => void (isOpening.value = false));
  }, [controller, sent]);
  return isOpening.value;
}

/** Says why this person gets more than the others who open the link. */
function SentNote({ upload, sent }: { upload: Upload; sent: SavedBatch | undefined }) {
  if (sent === undefined || upload.uploader.resumableBatch?.id !== sent.id) return null;
  return (
    <p class="viewer-note">
      <strong>{words.sent.title}</strong> {words.sent.note}
    </p>
  );
}

interface CurrentUploadProps extends PartProps {
  upload: Upload;
  limit: BandwidthLimit;
}

/** The current batch. It's sent even if the code that shows it has not loaded. */
function CurrentUpload({ upload, uploads, resume, limit }: CurrentUploadProps) {
  const view = batchView.module.value;
  return (
    <>
      {resume && (
        <resume.parts.MissingFiles
          upload={upload}
          uploads={uploads}
          controller={resume.controller}
        />
      )}
      {view ? (
        <view.UploadBatch upload={upload} uploads={uploads} limit={limit} />
      ) : (
        <>
          <BatchLoading text={words.load.waiting} />
          <LeaveGuard isRunning={() => upload.uploader.running} />
        </>
      )}
    </>
  );
}

/** Follows the tab's grant: a batch that was refused, and a new link. */
function useAccess(uploads: Uploads, access: UploadAccess): void {
  useSignalEffect(() => {
    const current = uploads.current.value;
    if (current === null) return;
    const { uploader, declarations } = current;
    const needsGrant = (): boolean => access.obstacle.peek() === "missing";
    trackOwner(uploader, () => declarations.retry(), needsGrant);
    return uploader.on("problem", () => uploader.resumableBatch ?? access.check());
  });
  useSignalEffect(() => {
    void grant.value;
    const declarations = uploads.current.peek()?.declarations;
    if (declarations?.isStalled.peek()) declarations.retry();
  });
}
