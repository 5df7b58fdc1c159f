import { SUMMARY_FAILURES, type BatchResource, type Summary } from "../protocol/index.ts";
import type { Ledger } from "./ledger.ts";
import { isServerCode } from "./errors.ts";

/**
 * The summary of a completed batch, drawn from its files: for whoever did not hear the frame that
 * brings it, because no socket gets through or because one broke at that moment.
 */
export function summarize(batch: BatchResource, ledger: Ledger): Summary {
  const { files, completed, failed, cancelled } = ledger.totals;
  const completedAt = batch.completedAt ?? batch.updatedAt;
  return {
    files,
    completed,
    failed,
    cancelled,
    bytes: completedBytes(ledger),
    startedAt: batch.createdAt,
    completedAt,
    durationMs: Date.parse(completedAt) - Date.parse(batch.createdAt),
    failures: failuresOf(ledger),
  };
}

function completedBytes(ledger: Ledger): number {
  let bytes = 0;
  for (let id = 0; id < ledger.count; id++) {
    if (ledger.state(id) === "completed") bytes += ledger.size(id);
  }
  return bytes;
}

function failuresOf(ledger: Ledger): Summary["failures"] {
  const failures: Summary["failures"] = [];
  for (let id = 0; id < ledger.count && failures.length < SUMMARY_FAILURES; id++) {
    const code = ledger.state(id) === "failed" ? ledger.errorCode(id) : null;
    if (isServerCode(code)) failures.push([id, ledger.name(id), code]);
  }
  return failures;
}
