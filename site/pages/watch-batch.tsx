import { type Signal, useComputed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { WatchProgress } from "../batch/watch-progress.tsx";
import { watchPicture } from "../contact-sheet/batch-picture.tsx";
import { SheetThumbnails } from "../contact-sheet/sheet-thumbnails.ts";
import { LazyLightbox } from "../lightbox/lazy-lightbox.tsx";
import type { FileActions } from "../list/file-actions.ts";
import { FilePanel } from "../list/file-panel.tsx";
import { ListView } from "../list/list-view.ts";
import { DownloadAll } from "../recipient/download-all.tsx";
import { LinkProblem } from "../recipient/link-problem.tsx";
import { linkProblem } from "../recipient/link-problem-kind.ts";
import { ReportAbuse } from "../recipient/report-abuse.tsx";
import { contentLink, shareLink } from "../share/links.ts";
import { PrintedLink } from "../share/printed-link.tsx";
import { BatchExtras } from "./batch-extras.tsx";
import { TabStatus } from "./tab-status.tsx";

interface WatchBatchProps {
  /** The batch's id. */
  batch: string;
  board: Board;
  /** The link's read token. */
  token: string;
}

/** One batch, for the people who receive it. */
export function WatchBatch({ batch, board, token }: WatchBatchProps) {
  const viewed = useSignal<number | null>(null);
  const actions = useMemo(() => actionsOf(board, token, viewed), [board, token]);
  const list = useMemo(() => new ListView(board), [board]);
  const thumbnails = useMemo(() => new SheetThumbnails(), [board]);
  const Picture = useMemo(
    () => watchPicture(list, token, actions, thumbnails),
    [list, token, thumbnails],
  );
  const hasLoaded = useComputed(() => board.batch.value !== null).value;
  const kind = useComputed(() =>
    linkProblem(batch, token, board.problem.value?.code ?? null),
  ).value;
  if (kind !== null) return <LinkProblem kind={kind} />;
  return (
    <>
      <BatchExtras list={list} rename={undefined} Picture={Picture}>
        <WatchProgress board={board}>
          <DownloadAll board={board} token={token} />
        </WatchProgress>
      </BatchExtras>
      {hasLoaded && (
        <>
          <FilePanel board={board} list={list} actions={actions} thumbnails={thumbnails} />
          <TabStatus board={board} />
        </>
      )}
      <PrintedLink link={shareLink({ id: batch, tokens: { read: token } }, location.origin)} />
      <ReportAbuse batch={batch} />
      <LazyLightbox board={board} file={viewed} contentLink={actions.contentLink} />
    </>
  );
}

function actionsOf(board: Board, token: string, viewed: Signal<number | null>): FileActions {
  return {
    retry: null,
    cancel: null,
    view: (file) => void (viewed.value = file),
    contentLink: (file) => board.batch.value && contentLink(board.batch.value.id, file, token),
  };
}
