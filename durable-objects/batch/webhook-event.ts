import { type Metadata, MINUTE_MS, type Summary } from "../../protocol/index.ts";
import { batchLinks } from "./links.ts";
import type { Settings } from "../settings.ts";
import { notCompleted, noWebhook, ok, repeatedTooSoon, type Result } from "./refusals.ts";
import type { Tally } from "./tally.ts";
import type { OpenBatch } from "./transaction.ts";
import { type BatchDetails, batchDetails, summaryOf, timestamp } from "./views.ts";
import { pending, webhookDueAt, type WebhookRecord } from "./webhook.ts";

/** Time between two calls that repeat an event. */
const REPEAT_MS = MINUTE_MS;

/**
 * The part of an event that may change after it: a receiver that gets it late, or several times, gets
 * the same. It is stored apart from the record, which each attempt changes.
 */
export interface EndEvent {
  /** In ISO 8601. */
  timestamp: string;
  summary: Summary;
  metadata: Metadata;
}

/** Announces the end that the tally has just reached. Call it in the transaction of that end. */
export function announceEnd(batch: OpenBatch): void {
  const { tally, store, config } = batch;
  const { completedRev, rev, updatedAt, completedAt } = tally.batch;
  tally.batch.webhook = pending(completedRev ?? rev, updatedAt);
  store.saveEndEvent({
    timestamp: timestamp(completedAt ?? updatedAt),
    summary: summaryOf(batch),
    metadata: config.metadata,
  });
}

/**
 * Repeats the event of the batch's end. An end that was reached while no webhook was set gets its first
 * event. The platform may repeat the call, which changes nothing until the event has been sent.
 */
export function repeatWebhook(
  batch: OpenBatch,
  { webhook }: Pick<Settings, "webhook">,
): Result<BatchDetails> {
  const { tally, commit } = batch;
  if (!webhook) return noWebhook();
  if (tally.state !== "completed") return notCompleted(tally);
  const now = Date.now();
  if (isBeingRepeated(tally.batch.webhook)) return ok(batchDetails(batch));
  const { repeatedAt = -Infinity } = tally.batch.webhook ?? {};
  if (now < repeatedAt + REPEAT_MS) return repeatedTooSoon(repeatedAt + REPEAT_MS - now);
  if (!isAnnounced(tally)) announceEnd(batch);
  const { rev } = tally.batch.webhook ?? tally.batch;
  tally.setWebhook({ ...pending(rev, now), repeatedAt: now });
  // A delivery is no activity, which would put off the expiry.
  commit(tally.batch.updatedAt);
  return ok(batchDetails(batch));
}

function isBeingRepeated(webhook: WebhookRecord | undefined): boolean {
  return webhook?.repeatedAt !== undefined && webhook.state === "pending" && webhook.attempts === 0;
}

/** True if the event is that of the last end. An earlier version of this code has not stored its rev. */
function isAnnounced({ batch: { webhook, completedRev = webhook?.rev } }: Tally): boolean {
  return webhook !== undefined && webhook.rev === completedRev;
}

/** An event to be sent now. */
export interface DueEvent {
  id: string;
  body: string;
  record: WebhookRecord;
}

/** Returns the event that is due; null if there is none. */
export function dueEvent(
  { tally, store, config, origin }: OpenBatch,
  now: number,
): DueEvent | null {
  const { webhook: record } = tally.batch;
  const event = webhookDueAt(tally) > now ? undefined : store.endEvent();
  if (!record || !event) return null;
  const { summary, metadata } = event;
  const data = {
    batch: config.id,
    rev: record.rev,
    ...(config.ownerName !== undefined && { owner: config.ownerName }),
    summary,
    metadata,
    ...(origin !== undefined && { links: batchLinks(origin, config.id) }),
  };
  const body = JSON.stringify({ type: "batch.completed", timestamp: event.timestamp, data });
  return { id: `${config.id}.${record.rev}`, body, record };
}
