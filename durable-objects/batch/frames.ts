import { type Frame, PAGE_ROWS, type Row, type SnapshotFrame } from "../../protocol/index.ts";
import { type FileRecord, fileRow, isAsDeclared } from "./file.ts";
import type { OpenBatch } from "./transaction.ts";
import { batchResource, keepUntilTimestamp, summaryOf } from "./views.ts";
import type { PendingUpdate } from "./watchers.ts";

/**
 * Returns the first frames of a new watcher: a snapshot, and the summary if the watcher has not seen
 * the batch complete.
 *
 * @param since the rev that the watcher knows; null for a new watcher
 */
export function* initialFrames(batch: OpenBatch, since: number | null): Generator<Frame> {
  // The cleanup of a completed batch raises its rev, and does not end it again.
  const { rev, completedRev = rev } = batch.tally.batch;
  const hasEnded = batch.tally.state === "completed" && (since === null || since < completedRev);
  yield* snapshot(batch, since, hasEnded ? rev - 1 : rev);
  if (hasEnded) yield completionFrame(batch);
}

/** Returns the frames for pending changes. Totals and batch are those of now, not of the change. */
export function updateFrames(batch: OpenBatch, pending: PendingUpdate): Frame[] {
  const { totals, percentComplete, percentStored, state } = batch.tally;
  const hasEnded = pending.completed && state === "completed";
  const rev = batch.tally.batch.rev - (hasEnded ? 1 : 0);
  const frames: Frame[] = [];
  if (pending.rows.length > 0) {
    const progress = { totals, percentComplete, percentStored };
    frames.push({ event: "uploadProgress", rev, files: pending.rows, ...progress });
  }
  if (pending.batch) frames.push({ event: "batch", rev, batch: batchResource(batch) });
  if (hasEnded) frames.push(completionFrame(batch));
  return frames;
}

/**
 * Returns the frame that announces the end. Frames before it have a lower rev: a watcher that loses its
 * connection in between resumes from theirs, and must not miss the end.
 */
function completionFrame(batch: OpenBatch): Frame {
  const { rev } = batch.tally.batch;
  const keepUntil = keepUntilTimestamp(batch);
  const summary = summaryOf(batch);
  return { event: "uploadCompleted", rev, summary, ...(keepUntil !== null && { keepUntil }) };
}

/**
 * Returns the files that a watcher doesn't know, in frames of up to a thousand rows: without `since`
 * every file that is not as declared, otherwise every file that changed after that rev.
 */
function* snapshot(open: OpenBatch, since: number | null, rev: number): Generator<SnapshotFrame> {
  const rows = snapshotRows(open.tally.files, since);
  const batch = batchResource(open);
  let sent = 0;
  do {
    const files = rows.slice(sent, sent + PAGE_ROWS);
    sent += PAGE_ROWS;
    yield { event: "snapshot", rev, batch, files, more: sent < rows.length };
  } while (sent < rows.length);
}

function snapshotRows(files: readonly FileRecord[], since: number | null): Row[] {
  const isNew = (file: FileRecord) => (since === null ? !isAsDeclared(file) : file.rev > since);
  return files.flatMap((file, id) => (isNew(file) ? [fileRow(id, file)] : []));
}
