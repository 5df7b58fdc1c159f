import type { BatchResource, Row, Summary, Totals } from "./resources.ts";

/** The first frames of a watcher: every file that it doesn't know yet. */
export interface SnapshotFrame {
  event: "snapshot";
  rev: number;
  batch: BatchResource;
  files: Row[];
  /** True if the next frame continues this snapshot. */
  more: boolean;
}

/** Changes of files, in order. A file that passed through several stages appears several times. */
export interface UploadProgressFrame {
  event: "uploadProgress";
  rev: number;
  files: Row[];
  totals: Totals;
  percentComplete: number;
  /** Absent in frames of an earlier version. */
  percentStored?: number;
}

/**
 * The batch itself changed: files were declared, it was sealed, paused, resumed or cancelled, or its last
 * uploader has left or returned.
 */
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
  /** As in `BatchResource`; absent if files are kept until someone deletes them. */
  keepUntil?: string;
}

/** Every frame that a watcher receives. */
export type Frame = SnapshotFrame | UploadProgressFrame | BatchFrame | UploadCompletedFrame;

/**
 * Minimum time between two `uploadProgress` frames. It allows twenty frames per second in all, with the
 * one that completes the batch, which is sent at once.
 */
export const FRAME_INTERVAL_MS = 53;

/** The message that a watcher may send, and its response, which does not wake the object. */
export const PING = "ping";
export const PONG = "pong";
