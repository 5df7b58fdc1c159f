/** The progress (0 to 100) a file shows when it reaches a stage. */
export const PROGRESS = {
  queued: 0,
  /** The most that arriving bytes alone can show: 50 is said only once the file is stored. */
  received: 49,
  stored: 50,
  processing: 75,
  completed: 100,
} as const;

/** What a file costs beyond its bytes, in bytes: so that empty files move the bar too. */
const FILE_OVERHEAD_BYTES = 32_768;

/** How much a file weighs in its batch's `percentComplete`. */
export function fileWeight(size: number): number {
  return size + FILE_OVERHEAD_BYTES;
}

/** Progress (0 to 49) of a file of `size` bytes of which `receivedBytes` have arrived. */
export function receivingProgress(receivedBytes: number, size: number): number {
  if (size === 0) return 0;
  return Math.min(PROGRESS.received, Math.floor((receivedBytes / size) * PROGRESS.stored));
}

/** 0 to 100 with two decimals, rounded down: 100 means that nothing is left to do. */
export function percentOf(done: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((done / whole) * 10_000) / 100;
}
