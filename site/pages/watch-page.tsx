import { useEffect, useMemo } from "preact/hooks";
import { Watcher } from "../../client/index.ts";
import { Masthead } from "./masthead.tsx";
import { WatchSheet } from "./watch-sheet.tsx";
import { Board } from "../batch/board.ts";
import { readTokenOf } from "../share/links.ts";
import { words } from "../i18n/page.ts";

/** `/b/:batch#token=…`: the same count, for anyone who was given the link. */
export function WatchPage({ batch }: { batch: string }) {
  const token = readTokenOf(location.hash);
  useEffect(() => {
    // Another link to the same batch, pasted over this one, changes only the fragment.
    const reload = (): void => location.reload();
    addEventListener("hashchange", reload);
    return () => removeEventListener("hashchange", reload);
  }, []);
  return token === null ? <IncompleteLink /> : <Watched batch={batch} token={token} />;
}

function Watched({ batch, token }: { batch: string; token: string }) {
  const board = useMemo(
    () => new Board(new Watcher({ endpoint: location.origin, batch, token })),
    [batch, token],
  );
  return (
    <>
      <Masthead board={board} />
      <main>
        <WatchSheet board={board} token={token} />
      </main>
    </>
  );
}

function IncompleteLink() {
  return (
    <>
      <Masthead board={null} />
      <main>
        <h1 class="opening">{words.watching.incompleteTitle}</h1>
        <p class="note is-problem" role="alert">
          {words.watching.incompleteLink}
        </p>
      </main>
    </>
  );
}
