import { useEffect, useMemo } from "preact/hooks";
import { Watcher } from "../../client/index.ts";
import { Board } from "../batch/board.ts";
import { words } from "../i18n/page.ts";
import { LinkProblem } from "../recipient/link-problem.tsx";
import { readTokenOf } from "../share/links.ts";
import { BatchLoading } from "./batch-loading.tsx";
import { batchView, loadBatchView } from "./load-batch-view.ts";
import { Masthead } from "./masthead.tsx";

/** The page at `/b/:batch#token=…`: a batch's progress, for anyone with the share link. */
export function WatchPage({ batch }: { batch: string }) {
  const token = readTokenOf(location.hash);
  useEffect(() => {
    // Pasting another link to the same batch changes only the fragment, which doesn't load the page.
    const reload = (): void => location.reload();
    addEventListener("hashchange", reload);
    return () => removeEventListener("hashchange", reload);
  }, []);
  return token === null ? <IncompleteLink /> : <WatchedBatch batch={batch} token={token} />;
}

function WatchedBatch({ batch, token }: { batch: string; token: string }) {
  const board = useMemo(
    () => new Board(new Watcher({ endpoint: location.origin, batch, token })),
    [batch, token],
  );
  const view = batchView.value;
  useEffect(() => void loadBatchView(), []);
  return (
    <>
      <Masthead board={board} />
      <main>
        {view ? (
          <view.WatchBatch batch={batch} board={board} token={token} />
        ) : (
          <BatchLoading text={words.watch.loading} />
        )}
      </main>
    </>
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
