import {
  type Frame,
  PAGE_ROWS,
  type Row,
  type SnapshotFrame,
  type Summary,
  SUMMARY_FAILURES,
} from "../../protocol/index.ts";
import { type FileRecord, isUntouched, fileRow } from "./file.ts";
import type { PendingUpdate } from "./frame-queue.ts";
import type { BatchConfig, Store } from "./store.ts";
import type { Tally } from "./tally.ts";
import { batchResource, selectFiles, timestamp } from "./views.ts";

/** What frames are made of. */
interface Sources {
  config: BatchConfig;
  tally: Tally;
  store: Store;
}

/** What a new watcher is told first: the snapshot, and the summary where it missed the end. */
export function* initialFrames(sources: Sources, since: number | null): Generator<Frame> {
  const { config, tally, store } = sources;
  const { rev } = tally.batch;
  yield* snapshot(config, tally, since);
  if (tally.state !== "completed" || (since !== null && since >= rev)) return;
  yield { event: "uploadCompleted", rev, summary: summarize(tally, store) };
}

/** What is pending, as frames that say how things are now. */
export function updateFrames({ config, tally, store }: Sources, pending: PendingUpdate): Frame[] {
  const { rev } = tally.batch;
  const { totals, percentComplete } = tally;
  const frames: Frame[] = [];
  if (pending.rows.length > 0) {
    frames.push({ event: "uploadProgress", rev, files: pending.rows, totals, percentComplete });
  }
  if (pending.batch) frames.push({ event: "batch", rev, batch: batchResource(config, tally) });
  if (pending.completed && tally.state === "completed") {
    frames.push({ event: "uploadCompleted", rev, summary: summarize(tally, store) });
  }
  return frames;
}

/**
 * What a new watcher does not know yet, in frames of a thousand rows: without `since` every file
 * that is not as it was declared, else every file that changed after that rev.
 */
function* snapshot(
  config: BatchConfig,
  tally: Tally,
  since: number | null,
): Generator<SnapshotFrame> {
  const rows = snapshotRows(tally.files, since);
  const batch = batchResource(config, tally);
  let sent = 0;
  do {
    const files = rows.slice(sent, sent + PAGE_ROWS);
    sent += PAGE_ROWS;
    yield { event: "snapshot", rev: batch.rev, batch, files, more: sent < rows.length };
  } while (sent < rows.length);
}

function snapshotRows(files: readonly FileRecord[], since: number | null): Row[] {
  const isNews = (file: FileRecord) => (since === null ? !isUntouched(file) : file.rev > since);
  return files.flatMap((file, id) => (isNews(file) ? [fileRow(id, file)] : []));
}

function summarize(tally: Tally, store: Store): Summary {
  const { files, completed, failed, cancelled } = tally.totals;
  const { createdAt, completedAt } = tally.batch;
  const ended = completedAt ?? tally.batch.updatedAt;
  return {
    files,
    completed,
    failed,
    cancelled,
    bytes: tally.completedBytes,
    startedAt: timestamp(createdAt),
    completedAt: timestamp(ended),
    durationMs: ended - createdAt,
    failures: failed === 0 ? [] : listFailures(tally, store),
  };
}

function listFailures(tally: Tally, store: Store): Summary["failures"] {
  const first = { after: -1, limit: SUMMARY_FAILURES };
  return selectFiles(tally.files, hasFailed, first).ids.map((id) => {
    const name = store.manifest(id, id + 1)[0]?.name ?? "";
    return [id, name, tally.files[id]?.error?.code ?? "internal_error"];
  });
}

function hasFailed(file: FileRecord): boolean {
  return file.state === "failed";
}
