import { patchMetadata } from "./metadata.ts";
import { changeRefusal, ok, type Refusal, type Result } from "./refusals.ts";
import type { BatchChange } from "./rpc.ts";
import type { OpenBatch } from "./transaction.ts";
import { type BatchDetails, batchDetails } from "./views.ts";

/** Changes the batch, unless it is cancelled, or the change is refused. */
export function changeBatch(
  batch: OpenBatch,
  change: (batch: OpenBatch) => Refusal | null | void,
): Result<BatchDetails> {
  const refusal = changeRefusal(batch.tally) ?? change(batch);
  if (refusal) return refusal;
  batch.commit();
  return ok(batchDetails(batch));
}

/** Seals the batch and patches its metadata, or neither. */
export function changeSettings(
  batch: OpenBatch,
  { sealed, metadata }: BatchChange,
): Result<BatchDetails> {
  return changeBatch(batch, () => {
    const refusal = metadata ? patchMetadata(batch, metadata) : null;
    if (sealed && !refusal) batch.tally.seal();
    return refusal;
  });
}
