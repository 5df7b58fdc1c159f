import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Watcher } from "../../client/index.ts";
import { Board } from "../batch/board.ts";
import { words } from "../i18n/start.ts";
import { LinkProblem } from "../recipient/link-problem.tsx";
import { readTokenOf } from "../share/links.ts";
import { BatchLoading } from "./batch-loading.tsx";
import { batchView } from "./later-code.ts";
import { LoadProblem } from "./load-problem.tsx";
import { Masthead } from "./masthead.tsx";

interface WatchPageProps {
  batch: string;
  /** Called when the batch has ended, for a browser that sends it. Others don't have it. */
  onEnded?: () => void;
}

/** The page at `/b/:batch#token=…`: a batch's progress, for anyone with the share link. */
export function WatchPage({ batch, onEnded }: WatchPageProps) {
  const token = readTokenOf(location.hash);
  useEffect(() => {
    // Pasting another link to the same batch changes only the fragment, which doesn't load the page.
    const reload = (): void => location.reload();
    addEventListener("hashchange", reload);
    return () => removeEventListener("hashchange", reload);
  }, []);
  return token === null ? (
    <IncompleteLink />
  ) : (
    <WatchedBatch batch={batch} token={token} onEnded={onEnded} />
  );
}

interface WatchedBatchProps {
  batch: string;
  token: string;
  onEnded: (() => void) | undefined;
}

function WatchedBatch({ batch, token, onEnded }: WatchedBatchProps) {
  const board = useMemo(
    () => new Board(new Watcher({ endpoint: location.origin, batch, token })),
    [batch, token],
  );
  useEffect(
    () => () => {
      board.dispose();
      board.view.dispose();
    },
    [board],
  );
  const view = batchView.module.value;
  useEffect(() => void batchView.load(), []);
  useSignalEffect(() => {
    if (board.isOver.value) onEnded?.();
  });
  return (
    <>
      <Masthead board={board} />
      <main>
        <LoadProblem />
        {onEnded && <UnfinishedNote />}
        {view ? (
          <view.WatchBatch batch={batch} board={board} token={token} />
        ) : (
          <BatchLoading text={words.opening.loading} />
        )}
      </main>
    </>
  );
}

/** Leads the sender, who opened the own link during the upload, to the page with the controls. */
function UnfinishedNote() {
  return (
    <p class="viewer-note">
      <strong>{words.sent.unfinished}</strong> <a href="/">{words.sent.controls}</a>
    </p>
  );
}

function IncompleteLink() {
  return (
    <>
      <Masthead board={null} />
      <main>
        <LinkProblem kind="incomplete" />
      </main>
    </>
  );
}
