import { ARCHIVE_FILES, type ProblemCode, SECOND_MS } from "../../protocol/index.ts";
import type { BatchLimits } from "./limits.ts";
import type { Tally } from "./tally.ts";

/** The result of a call: its value, or the problem to report to the client. */
export type Result<T> = { ok: true; value: T } | Refusal;

export interface Refusal {
  ok: false;
  code: ProblemCode;
  /** One sentence that names the value at fault and the fix. */
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

/** Seconds after which a watcher may have left. */
const WATCHERS_RETRY_S = 60;

/** @param limit the number of watchers that is reached */
export function tooManyWatchers(limit: number): Refusal {
  const detail = `This batch has reached its limit of ${limit} watchers; try again later.`;
  return { ...refuse("rate_limited", detail), retryAfter: WATCHERS_RETRY_S };
}

/** Seconds for which an address gets no new sockets. */
const REFUSED_RETRY_S = 600;

export function refusedWatcher(): Refusal {
  const detail =
    "A socket of this address sent messages, and sockets only take pings; watch again later, or poll.";
  return { ...refuse("rate_limited", detail), retryAfter: REFUSED_RETRY_S };
}

/** Seconds after which a call that is still running may have ended. */
const RUNNING_RETRY_S = 5;

export function stillRunning(): Refusal {
  const detail = "A request with this Idempotency-Key is still running; repeat it later.";
  return { ...refuse("in_progress", detail), retryAfter: RUNNING_RETRY_S };
}

export function idempotencyMismatch(): Refusal {
  const detail =
    "This Idempotency-Key was used with another body; send the same body, or another key.";
  return refuse("idempotency_mismatch", detail);
}

export function unknownBatch(): Refusal {
  return refuse("batch_not_found", "No batch has this id; check the id.");
}

export function endedToken(): Refusal {
  return refuse("token_revoked", "This token was ended; ask the batch's owner for a new one.");
}

export function expiredBatch(): Refusal {
  return refuse("batch_expired", "This batch expired before it was finished; create a new batch.");
}

/** Seconds after which a deployment that runs two versions may be complete. */
const DEPLOYMENT_RETRY_S = 60;

/** Refuses a batch that a later version of this code has stored. */
export function newerFormat(): Refusal {
  const detail = "A newer version of the server stored this batch; deploy that version.";
  return { ...refuse("not_configured", detail), retryAfter: DEPLOYMENT_RETRY_S };
}

export function unknownFile(id: number): Refusal {
  return refuse("file_not_found", `This batch has no file ${id}; declare the file first.`);
}

/** Returns a file as a result; a refusal if there is none. */
export function found<T>(file: T | null, id: number): Result<T> {
  return file === null ? unknownFile(id) : ok(file);
}

export function tooManyToArchive(files: number): Refusal {
  const detail = `The archive would have ${files} files, and at most ${ARCHIVE_FILES} are possible; choose some with \`ids\`.`;
  return refuse("too_many_files", detail);
}

export function pathsTooLong(): Refusal {
  const detail = "The paths of the archive's files are too long together; choose some with `ids`.";
  return refuse("too_many_files", detail);
}

export function unknownSheet(sheet: number): Refusal {
  return refuse(
    "no_sheet",
    `This batch has no contact sheet ${sheet}; \`sheets\` of the batch lists those that it has.`,
  );
}

/** @param etag the stored sheet's; undefined if there is none */
export function staleSheet(etag: string | undefined): Refusal {
  const current = etag === undefined ? "no such sheet is stored" : `the sheet's ETag is "${etag}"`;
  return refuse(
    "precondition_failed",
    `The condition does not hold: ${current}; draw it from that one.`,
  );
}

/** Refuses a sheet if a file was deleted after its `PUT` began. */
export function changedSheet(): Refusal {
  const detail = "A file of this sheet was deleted meanwhile; draw the sheet without it.";
  return refuse("precondition_failed", detail);
}

/** Refuses a sheet whose `PUT` the object does not know any more. */
export function interruptedSheet(): Refusal {
  const detail = "The server restarted while it stored the sheet; send it again.";
  return { ...refuse("busy", detail), retryAfter: 1 };
}

/** @param waitMs time until the next `PUT` of the sheet */
export function sheetTooSoon(waitMs: number): Refusal {
  const detail = "This sheet was sent less than two seconds ago; send it again later.";
  return { ...refuse("rate_limited", detail), retryAfter: Math.ceil(waitMs / SECOND_MS) };
}

export function foreignBatch(): Refusal {
  return refuse("forbidden", "This owner did not create the batch; ask the one who did.");
}

/** Refuses ids that no file has. */
export function unknownFiles({ files }: Tally, ids: readonly number[]): Refusal | null {
  const unknown = ids.find((id) => files[id] === undefined);
  return unknown === undefined ? null : unknownFile(unknown);
}

/** Refuses to retry a file that was cancelled or deleted. @param ids null for all failed files */
export function retryRefusal({ files }: Tally, ids: readonly number[] | null): Refusal | null {
  const cancelled = ids?.find((id) => files[id]?.state === "cancelled");
  if (cancelled === undefined) return null;
  const detail = `File ${cancelled} was cancelled and can't be retried; declare it again to send it.`;
  return refuse("file_cancelled", detail);
}

export function invalidMetadata(detail: string): Refusal {
  return refuse("malformed_request", detail);
}

/** Refuses changes to a cancelled batch. */
export function changeRefusal(tally: Tally): Refusal | null {
  if (!tally.batch.cancelled) return null;
  return refuse("batch_cancelled", "This batch was cancelled; create a new batch.");
}

/** Refuses what only a completed batch has. */
export function notCompleted({ batch, state }: Tally): Refusal {
  const detail = batch.cancelled
    ? "This batch was cancelled and is never completed; create a new batch."
    : `This batch is ${state}; repeat the call once it is completed.`;
  return refuse("not_completed", detail);
}

/** @param waitMs time until the event may be repeated */
export function repeatedTooSoon(waitMs: number): Refusal {
  const detail = "The event was repeated less than a minute ago; repeat it later.";
  return { ...refuse("rate_limited", detail), retryAfter: Math.ceil(waitMs / SECOND_MS) };
}

export function noWebhook(): Refusal {
  return refuse(
    "not_configured",
    "This server sends no webhooks; set WEBHOOK_URL and WEBHOOK_SECRET.",
  );
}

/** Refuses uploads, declarations and retries to a cancelled batch, or one that the operator has blocked. */
export function addingRefusal(tally: Tally): Refusal | null {
  const refusal = changeRefusal(tally);
  if (refusal || !tally.batch.block?.isBlocked) return refusal;
  return refuse(
    "forbidden",
    "The operator of this server has blocked uploads to this batch; ask the operator.",
  );
}

/**
 * Refuses a declaring call if the batch accepts no more files, or not these.
 *
 * @param firstFile the id that the caller expects for its first file; null for any
 */
export function declareRefusal(
  tally: Tally,
  { count, firstFile }: { count: number; firstFile: number | null },
  limits: BatchLimits,
): Refusal | null {
  const refusal = addingRefusal(tally);
  if (refusal) return refusal;
  if (tally.batch.sealed) {
    return refuse("batch_sealed", "This batch is sealed; create another batch for more files.");
  }
  // It would only leave a row.
  if (count === 0) {
    return refuse("invalid_files", "The call declares no files; list at least one in `files`.");
  }
  const { length } = tally.files;
  if (firstFile !== null && firstFile !== length) {
    return refuse(
      "files_added",
      `The next file gets id ${length}, not ${firstFile}; list the batch's files first.`,
    );
  }
  if (length + count <= limits.files) return null;
  return refuse(
    "too_many_files",
    `This batch has ${length} of at most ${limits.files} files; declare at most ${Math.max(0, limits.files - length)} more.`,
  );
}

/** Refuses file bytes while the batch is paused, blocked or cancelled. */
export function uploadRefusal(tally: Tally): Refusal | null {
  const refusal = addingRefusal(tally);
  if (refusal || !tally.batch.paused) return refusal;
  return refuse("batch_paused", "This batch is paused; send the file after it is resumed.");
}
