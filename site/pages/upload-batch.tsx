import { type Signal, useComputed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { uploadPicture } from "../contact-sheet/batch-picture.tsx";
import type { FileActions } from "../list/file-actions.ts";
import { FilePanel } from "../list/file-panel.tsx";
import { ListView } from "../list/list-view.ts";
import { LazyLightbox } from "../lightbox/lazy-lightbox.tsx";
import { BatchAccess } from "../share/batch-access.ts";
import { deleteUpload } from "../share/delete-upload.ts";
import { LinkAddress } from "../share/link-address.tsx";
import { ShareObject } from "../share/share-object.tsx";
import { useLive } from "../ui/use-live.ts";
import type { BandwidthLimit } from "../upload/bandwidth-limit.ts";
import { cancellationsOf } from "../upload/cancellations.ts";
import { BandwidthSelect } from "../upload/bandwidth-select.tsx";
import { isOpening } from "../upload/is-opening.ts";
import { UploadProgress } from "../upload/upload-progress.tsx";
import { Notifier, NotifyToggle } from "../upload/notify-when-done.tsx";
import { useTellOnClose } from "../upload/use-tell-on-close.ts";
import { renameBatch } from "../upload/rename-batch.ts";
import type { Upload, Uploads } from "../upload/uploads.ts";
import type { Rename } from "./batch-name.tsx";
import { BatchExtras } from "./batch-extras.tsx";
import { StayAwake } from "./stay-awake.tsx";
import { TabStatus } from "./tab-status.tsx";

interface UploadBatchProps {
  upload: Upload;
  uploads: Uploads;
  limit: BandwidthLimit;
}

interface KnownFilesProps {
  upload: Upload;
  list: ListView;
  actions: FileActions;
}

/** One batch, for the person who uploads it. */
export function UploadBatch({ upload, uploads, limit }: UploadBatchProps) {
  const { uploader, board } = upload;
  const list = useMemo(() => new ListView(board), [board]);
  const Picture = useMemo(() => uploadPicture(upload, list), [upload, list]);
  useTellOnClose(cancellationsOf(upload));
  const access = useMemo(() => new BatchAccess(uploader, board), [upload]);
  const viewed = useSignal<number | null>(null);
  const actions = useMemo(() => actionsOf(upload, access, viewed), [upload]);
  const rename = useRename(upload);
  const wantsNotice = useSignal(false);
  const isSending = useLive(board, () => uploader.running && uploader.batch?.state !== "paused");
  return (
    <>
      <BatchExtras list={list} rename={rename} Picture={Picture}>
        <UploadProgress
          upload={upload}
          uploads={uploads}
          share={
            <ShareObject
              upload={upload}
              access={access}
              onDelete={() => deleteUpload(upload, uploads)}
            />
          }
        >
          <BandwidthSelect limit={limit} />
          <NotifyToggle isOn={wantsNotice} />
        </UploadProgress>
      </BatchExtras>
      <KnownFiles upload={upload} list={list} actions={actions} />
      <LazyLightbox board={board} file={viewed} contentLink={actions.contentLink} />
      <LinkAddress upload={upload} access={access} />
      <Notifier board={board} isOn={wantsNotice} />
      <StayAwake isRunning={isSending} />
    </>
  );
}

/** The list of the files, and what the tab says of them, once the batch is known. */
function KnownFiles({ upload, list, actions }: KnownFilesProps) {
  const { board, thumbnails } = upload;
  if (useComputed(() => isOpening(upload)).value) return null;
  return (
    <>
      <FilePanel board={board} list={list} actions={actions} thumbnails={thumbnails} />
      <TabStatus board={board} />
    </>
  );
}

/** Returns null until the batch exists. */
function useRename(upload: Upload): Rename | null {
  const canRename = useLive(upload.board, () => upload.uploader.resumableBatch !== null).value;
  return useMemo(() => (canRename ? renameOf(upload) : null), [upload, canRename]);
}

/** One after the other: a request that overtook the one before it would leave the earlier name. */
function renameOf({ uploader }: Upload): Rename {
  let last = Promise.resolve();
  return (name) => {
    const stored = last.then(async () => {
      if (uploader.resumableBatch) await renameBatch(uploader.resumableBatch, name);
    });
    last = stored.catch(() => undefined);
    return stored;
  };
}

function actionsOf(
  upload: Upload,
  access: BatchAccess,
  viewed: Signal<number | null>,
): FileActions {
  const cancellations = cancellationsOf(upload);
  return {
    retry: (file) => upload.uploader.retry([file]),
    cancel: (file) => cancellations.cancel(file),
    undo: (file) => cancellations.undo(file),
    undoable: cancellations.files,
    view: (file) => void (viewed.value = file),
    contentLink: (file) => access.contentLink(file),
  };
}
