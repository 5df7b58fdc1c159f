/** Every state a file can be in, in the order in which a file lives through them. */
export const FILE_STATES = [
  "queued",
  "uploading",
  "processing",
  "completed",
  "failed",
  "cancelled",
] as const;

export type FileState = (typeof FILE_STATES)[number];

/** Every state a batch can be in. */
export const BATCH_STATES = ["active", "paused", "completed", "cancelled"] as const;

export type BatchState = (typeof BATCH_STATES)[number];

/**
 * From each state, the states a file may go to next. A cut connection leads back to `queued`,
 * a retry leads from `failed` to `queued`; nothing leads out of `completed` and `cancelled`.
 */
export const NEXT_STATES: Readonly<Record<FileState, readonly FileState[]>> = {
  queued: ["uploading", "failed", "cancelled"],
  uploading: ["queued", "processing", "failed", "cancelled"],
  processing: ["completed", "failed", "cancelled"],
  completed: [],
  failed: ["queued"],
  cancelled: [],
};

/** Is this a state in which a batch no longer waits for the file? */
export function isSettled(state: FileState): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}

/** Does a batch in this state not go on, unless one of its files is tried again? */
export function isBatchOver(state: BatchState): boolean {
  return state === "completed" || state === "cancelled";
}
