import type { ProblemCode } from "../../protocol/index.ts";
import type { Tally } from "./tally.ts";
import type { BatchLimits } from "./limits.ts";

/** What a call came to: its value, or the problem that keeps it from being done. */
export type Result<T> = { ok: true; value: T } | Refusal;

interface Refusal {
  ok: false;
  code: ProblemCode;
  /** One sentence that says what to do. */
  detail: string;
  /** Seconds after which the same call may succeed. */
  retryAfter?: number;
}

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

function refuse(code: ProblemCode, detail: string): Refusal {
  return { ok: false, code, detail };
}

/** Seconds after which one of a crowd of watchers may have left. */
const CROWDED_RETRY_S = 60;

/** @param most watchers that there may be */
export function tooManyWatchers(most: number): Refusal {
  const detail = `Close another window of this batch: it has ${most} watchers already.`;
  return { ...refuse("rate_limited", detail), retryAfter: CROWDED_RETRY_S };
}

export function unknownBatch(): Refusal {
  return refuse("batch_not_found", "Check the batch's id: it is unknown here.");
}

export function expiredBatch(): Refusal {
  return refuse("batch_expired", "Create a new batch: this one was not finished in time.");
}

export function unknownFile(id: number): Refusal {
  return refuse("file_not_found", `Declare the file first: the batch has no file ${id}.`);
}

function cancelledBatch(): Refusal {
  return refuse("batch_cancelled", "Create a new batch: a cancelled one takes nothing more.");
}

/** Why nothing in a batch can be changed any more. */
export function changeRefusal(tally: Tally): Refusal | null {
  return tally.batch.cancelled ? cancelledBatch() : null;
}

/**
 * Why a batch takes no more declarations, or not this one.
 *
 * @param firstFile the id that its first file is to get; null for whichever is the next
 */
export function declareRefusal(
  tally: Tally,
  { count, firstFile }: { count: number; firstFile: number | null },
  limits: BatchLimits,
): Refusal | null {
  const problem = changeRefusal(tally);
  if (problem) return problem;
  if (tally.batch.sealed) {
    return refuse("batch_sealed", "Create another batch: this one was declared complete.");
  }
  if (firstFile !== null && firstFile !== tally.files.length) {
    return refuse("files_added", `Ask for the batch's files: it has ${tally.files.length} by now.`);
  }
  const room = limits.files - tally.files.length;
  if (count <= room) return null;
  const detail = `This batch holds ${limits.files} files: declare at most ${room} more in this one.`;
  return refuse("too_many_files", detail);
}

/** Why a batch takes no files' bytes. */
export function uploadRefusal(tally: Tally): Refusal | null {
  if (tally.batch.cancelled || !tally.batch.paused) return changeRefusal(tally);
  return refuse("batch_paused", "Send the file again once the batch is resumed.");
}
