import { LIMITS, type ProblemCode } from "../../protocol/index.ts";
import type { Tally } from "./tally.ts";

/** What a call came to: its value, or the problem that keeps it from being done. */
export type Answer<T> = { ok: true; value: T } | Refusal;

interface Refusal {
  ok: false;
  code: ProblemCode;
  /** One sentence that says what to do. */
  detail: string;
}

export function answer<T>(value: T): Answer<T> {
  return { ok: true, value };
}

function refuse(code: ProblemCode, detail: string): Refusal {
  return { ok: false, code, detail };
}

export function unknownBatch(): Refusal {
  return refuse("batch_not_found", "Check the batch's id: it is unknown here.");
}

export function unknownFile(id: number): Refusal {
  return refuse("file_not_found", `Declare the file first: the batch has no file ${id}.`);
}

export function cancelledBatch(): Refusal {
  return refuse("batch_cancelled", "Create a new batch: a cancelled one takes nothing more.");
}

/** Why a batch takes no more declarations, or not so many. */
export function declaringProblem(tally: Tally, count: number): Refusal | null {
  if (tally.batch.cancelled) return cancelledBatch();
  if (tally.batch.sealed) {
    return refuse("batch_sealed", "Create another batch: this one was declared complete.");
  }
  const room = LIMITS.files - tally.files.length;
  if (count <= room) return null;
  const detail = `A batch holds ${LIMITS.files} files: declare at most ${room} more in this one.`;
  return refuse("too_many_files", detail);
}

/** Why a batch takes no files' bytes. */
export function sendingProblem(tally: Tally): Refusal | null {
  if (tally.batch.cancelled) return cancelledBatch();
  if (!tally.batch.paused) return null;
  return refuse("batch_paused", "Send the file again once the batch is resumed.");
}
