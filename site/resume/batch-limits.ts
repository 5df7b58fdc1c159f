import { BatchApi, ProblemError, type ResumableBatch } from "../../client/index.ts";

/** Longest wait for the limits. After that, the batch is opened without them. */
const TIMEOUT_MS = 1500;

/**
 * Adds the limits that a batch was created with: how long its files are kept, and which files it takes. A
 * link to resume it doesn't have them, nor do live events.
 */
export async function withLimits(batch: ResumableBatch): Promise<ResumableBatch> {
  if (batch.limits !== undefined) return batch;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const api = new BatchApi(location.origin, batch.id, batch.tokens.write, signal);
  try {
    const { limits } = await api.batch();
    return { ...batch, ...(limits && { limits }) };
  } catch (error) {
    if (error instanceof ProblemError || signal.aborted) return batch;
    throw error;
  }
}
