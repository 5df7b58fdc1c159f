/** Every state of a file, in the order in which a file passes through them. */
export const FILE_STATES = [
  "queued",
  "uploading",
  "processing",
  "completed",
  "failed",
  "cancelled",
] as const;

export type FileState = (typeof FILE_STATES)[number];

interface StateRules {
  /** True if a batch no longer waits for a file in this state. */
  isSettled: boolean;
  /** States that a file may change to from this one. */
  next: readonly FileState[];
}

const RULES: Readonly<Record<FileState, StateRules>> = {
  queued: { isSettled: false, next: ["uploading", "failed", "cancelled"] },
  // A lost connection leads back to `queued`.
  uploading: { isSettled: false, next: ["queued", "processing", "failed", "cancelled"] },
  processing: { isSettled: false, next: ["completed", "failed", "cancelled"] },
  // A deletion leads to `cancelled`.
  completed: { isSettled: true, next: ["cancelled"] },
  // A retry leads back to `queued`.
  failed: { isSettled: true, next: ["queued", "cancelled"] },
  cancelled: { isSettled: true, next: [] },
};

/** A count of 0 for each state. */
export const NO_FILES: Readonly<Record<FileState, number>> = {
  queued: 0,
  uploading: 0,
  processing: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
};

/** True if a file in state `from` may change to state `to`. */
export function canBecome(from: FileState, to: FileState): boolean {
  return RULES[from].next.includes(to);
}

/** True if a batch no longer waits for a file in this state. */
export function isSettled(state: FileState): boolean {
  return RULES[state].isSettled;
}

/** Every state of a batch. */
export const BATCH_STATES = ["active", "paused", "completed", "cancelled"] as const;

export type BatchState = (typeof BATCH_STATES)[number];

/** True if a batch in this state has ended. A retry of one of its files makes it active again. */
export function isBatchOver(state: BatchState): boolean {
  return state === "completed" || state === "cancelled";
}

/** Progress, 0 to 100, of a file that reaches a stage. */
export const PROGRESS = {
  queued: 0,
  /** Maximum for received bytes: 50 is reported only once the file is stored. */
  received: 49,
  stored: 50,
  processing: 75,
  completed: 100,
} as const;

/** Bytes that every file counts in addition to its own, so that empty files advance the total. */
const FILE_OVERHEAD_BYTES = 32_768;

/** Returns the weight of a file of `size` bytes in its batch's `percentComplete`. */
export function fileWeight(size: number): number {
  return size + FILE_OVERHEAD_BYTES;
}

/** Returns the progress, 0 to 49, of a file of `size` bytes of which `receivedBytes` have arrived. */
export function receivingProgress(receivedBytes: number, size: number): number {
  if (size === 0) return 0;
  return Math.min(PROGRESS.received, Math.floor((receivedBytes / size) * PROGRESS.stored));
}

/** Returns 0 to 100 with two decimals, rounded down: 100 means that nothing is left. */
export function percentOf(done: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((done / whole) * 10_000) / 100;
}
