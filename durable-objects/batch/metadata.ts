import * as v from "valibot";
import type { Metadata } from "../../protocol/index.ts";
import { mergePatch } from "../../protocol/merge-patch.ts";
import { BatchMetadata } from "../../protocol/schemas.ts";
import { invalidMetadata, type Refusal } from "./refusals.ts";
import type { OpenBatch } from "./transaction.ts";

/**
 * Merges a patch into the batch's metadata, for the next commit. Refuses metadata that a new batch could
 * not have, which a patch that is valid by itself can lead to. A repeated patch changes nothing.
 */
export function patchMetadata(
  { config, store, tally }: OpenBatch,
  patch: Metadata,
): Refusal | null {
  const merged = v.safeParse(BatchMetadata, mergePatch(config.metadata, patch));
  if (!merged.success) return invalidMetadata(merged.issues[0].message);
  const { output: metadata } = merged;
  if (JSON.stringify(metadata) === JSON.stringify(config.metadata)) return null;
  config.metadata = metadata;
  store.saveConfig(config);
  tally.noteMetadata();
  return null;
}
