import type { Ledger } from "./ledger.ts";
import { ProblemError } from "./errors.ts";

/** The failure that the server has on record for the file, or null. */
export function recordedFailure(ledger: Ledger, id: number): ProblemError | null {
  const code = ledger.serverState(id) === "failed" ? ledger.errorCode(id) : null;
  return code === null ? null : new ProblemError({ code, detail: "" });
}

/** Would the server take the file's bytes: does it wait for them, or would they be a retry? */
export function needsUpload(ledger: Ledger, id: number): boolean {
  const failure = recordedFailure(ledger, id);
  return failure === null ? !ledger.isUploadDone(id) : failure.retryable;
}

/** Is nothing of the file on the server, for sure? */
export function isUntouched(ledger: Ledger, id: number): boolean {
  const isQueued = ledger.serverState(id) === "queued" && !ledger.localFailures.has(id);
  return isQueued && ledger.receivedBytes(id) === 0;
}
