import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { words } from "../i18n/start.ts";
import type * as Records from "../persistence/batches.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { DropTarget } from "../upload/drop-target.tsx";
import type { IncomingFiles } from "../upload/read-drop.ts";
import { BatchLoading } from "./batch-loading.tsx";
import { batchView, savedBatches } from "./later-code.ts";
import { LoadProblem } from "./load-problem.tsx";
import { Masthead } from "./masthead.tsx";
import { UploadPage } from "./upload-page.tsx";
import { WatchPage } from "./watch-page.tsx";

/** This browser's record of a batch, and the page that it shows for it. */
type Sent = { page: "unknown" } | { page: "recipient" } | { page: Page; record: SavedBatch };
type Page = "sender" | "unfinished";

/**
 * The page at `/b/:batch#token=…`. The browser that has sent the batch shows the sender's page, as it has
 * the token for it; all others show the recipient's. A batch that is still being sent has its sender's page
 * at the start page, which resumes it.
 */
export function BatchPage({ batch }: { batch: string }) {
  const sent = useSignal<Sent>({ page: "unknown" });
  const dropped = useMemo((): IncomingFiles[] => [], []);
  useEffect(() => {
    void savedBatches.load();
    // Each of the pages needs it.
    void batchView.load();
  }, []);
  useSignalEffect(() => {
    const records = savedBatches.module.value;
    if (records !== null) void showSent(records, batch, (shown) => void (sent.value = shown));
  });
  const { value: known } = sent;
  if (known.page === "unknown")
    return <Loading onDrop={(incoming) => void dropped.push(incoming)} />;
  if (known.page === "recipient") return <WatchPage batch={batch} />;
  const { page, record } = known;
  if (page === "unfinished") {
    const onEnded = (): void => void (sent.value = { page: "sender", record });
    return <WatchPage batch={batch} onEnded={onEnded} />;
  }
  const onRefused = (): void => void (sent.value = { page: "recipient" });
  return <UploadPage sent={record} dropped={dropped} onRefused={onRefused} />;
}

/** Shown until the page is known. It takes drops, as the sender's page does. */
function Loading({ onDrop }: { onDrop: (incoming: IncomingFiles) => void }) {
  return (
    <>
      <Masthead board={null} />
      <main>
        <LoadProblem />
        <BatchLoading text={words.opening.loading} />
      </main>
      <DropTarget onDrop={onDrop} />
    </>
  );
}

/** Time after which the page waits no longer for the browser's storage, which in rare cases never responds. */
const STORAGE_MS = 2000;

/** Shows how this browser knows the batch: as a recipient does until a slow storage has responded. */
async function showSent(
  { loadBatch }: Pick<typeof Records, "loadBatch">,
  id: string,
  show: (sent: Sent) => void,
): Promise<void> {
  const recipient = { page: "recipient" } as const;
  const timer = setTimeout(show, STORAGE_MS, recipient);
  const record = await loadBatch(id);
  clearTimeout(timer);
  if (record === null || record.deletedAt !== undefined) return show(recipient);
  show({ page: record.isOver ? "sender" : "unfinished", record });
}
