import type { BatchResource, Row, Summary, Totals } from "./resources.ts";

/** The first frames a watcher gets: all that it does not know yet. */
export interface SnapshotFrame {
  event: "snapshot";
  rev: number;
  batch: BatchResource;
  files: Row[];
  /** Is the next frame still part of this snapshot? */
  more: boolean;
}

/** What changed, in order; one file may appear more than once as it passes through stages. */
export interface UploadProgressFrame {
  event: "uploadProgress";
  rev: number;
  files: Row[];
  totals: Totals;
  percentComplete: number;
}

/** The batch itself changed: files declared, sealed, paused, resumed or cancelled. */
interface BatchFrame {
  event: "batch";
  rev: number;
  batch: BatchResource;
}

/** The batch is complete. */
interface UploadCompletedFrame {
  event: "uploadCompleted";
  rev: number;
  summary: Summary;
}

/** Everything that a watcher can be sent. */
export type Frame = SnapshotFrame | UploadProgressFrame | BatchFrame | UploadCompletedFrame;

/**
 * The least time between two `uploadProgress` frames. A second has twenty of them at most, with the
 * one that completes the batch, which waits for nothing.
 */
export const FRAME_INTERVAL_MS = 53;

/** What a watcher may send, and what comes back without waking the object. */
export const PING = "ping";
export const PONG = "pong";
