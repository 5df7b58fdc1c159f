import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { words } from "../i18n/page.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { BatchLoading } from "./batch-loading.tsx";
import { Masthead } from "./masthead.tsx";
import { UploadPage } from "./upload-page.tsx";
import { WatchPage } from "./watch-page.tsx";

/**
 * The page at `/b/:batch#token=…`. The browser that has sent the batch shows the sender's page, as it has
 * the token for it; all others show the recipient's.
 */
export function BatchPage({ batch }: { batch: string }) {
  const sent = useSignal<SavedBatch | "unknown" | "none">("unknown");
  useEffect(() => {
    void loadSent(batch).then((found) => void (sent.value = found ?? "none"));
  }, [batch]);
  if (sent.value === "none") return <WatchPage batch={batch} />;
  if (sent.value !== "unknown")
    return <UploadPage sent={sent.value} onRefused={() => void (sent.value = "none")} />;
  return (
    <>
      <Masthead board={null} />
      <main>
        <BatchLoading text={words.watch.loading} />
      </main>
    </>
  );
}

/** Longest wait for the browser's storage, which responds in milliseconds or, in rare cases, never. */
const STORAGE_MS = 2000;

/** Returns the record of a batch that this browser has sent to its end; null if there is none. */
async function loadSent(id: string): Promise<SavedBatch | null> {
  const timeout = new Promise<null>((resolve) => void setTimeout(resolve, STORAGE_MS, null));
  const load = async (): Promise<SavedBatch | null> => {
    const { loadBatch } = await import("../persistence/batches.ts");
    return loadBatch(id);
  };
  const found = await Promise.race([load().catch(() => null), timeout]);
  return found?.isOver && found.deletedAt === undefined ? found : null;
}
