import { deleteFolder } from "../../storage/objects.ts";
import { retryTransient } from "../../storage/retry.ts";
import type { BatchClient } from "./batch-client.ts";
import { notifyOwner } from "./owners.ts";

/**
 * Deletes a batch and its objects. The Batch comes first, so that it accepts no more files. Its cleanup
 * repeats the rest if this fails.
 */
export async function removeBatch(env: Env, batch: BatchClient): Promise<void> {
  const { event, owner, folder } = await batch.delete();
  await notifyOwner(env, owner, event);
  await retryTransient(() => deleteFolder(env.BUCKET, folder));
}
