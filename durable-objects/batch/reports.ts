import { claimCompletion } from "./completion.ts";
import type { FileEvent } from "./file.ts";
import { type PartRequests, savePart } from "./parts.ts";
import { ok, type Result, unknownFile } from "./refusals.ts";
import { allowedEvents } from "./reopening.ts";
import type { RecordedPart, StoredPart } from "./rpc.ts";
import type { OpenBatch } from "./transaction.ts";
import { singleFile } from "./views.ts";

/** Applies the events that a request reports. @returns the ids of their files */
export function applyReported(batch: OpenBatch, events: readonly FileEvent[]): Set<number> {
  batch.apply(allowedEvents(batch, events));
  return new Set(events.map((event) => event.file));
}

/**
 * Records a part that a request has stored.
 *
 * @param before events that precede it, for the same transaction
 */
export function recordPart(
  batch: OpenBatch,
  { id, part, before }: { id: number; part: StoredPart; before: readonly FileEvent[] },
  requests: PartRequests,
): Result<RecordedPart> {
  const allowed = () => allowedEvents(batch, before);
  const save = () => savePart(id, part, batch, requests);
  const completion = claimCompletion(batch, id, part.upload, allowed, save);
  const file = singleFile(batch, id);
  return file ? ok({ file, completion }) : unknownFile(id);
}
