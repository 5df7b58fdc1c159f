import { MINUTE_MS, SECOND_MS } from "../../protocol/index.ts";
import type { Tally } from "./tally.ts";

/** Times between two attempts to send an event, as Standard Webhooks recommends. */
const RETRY_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  120 * MINUTE_MS,
  300 * MINUTE_MS,
  600 * MINUTE_MS,
];

/** The status with which a receiver ends the retries. */
const GONE = 410;

/** The delivery of the event of the batch's last end. Times are in ms since 1970. */
export interface WebhookRecord {
  /** The rev of that end. */
  rev: number;
  state: "pending" | "delivered" | "failed";
  /** Number of attempts since the end, or since a call has repeated the event. */
  attempts: number;
  /** Status of the last response; null if there was none. */
  lastStatus: number | null;
  /** Time of the next attempt; null if there is none. */
  nextAt: number | null;
  /** Time of the last call that has repeated it; absent if there was none. */
  repeatedAt?: number;
}

/** Returns the record of an event that is to be sent now. */
export function pending(rev: number, now: number): WebhookRecord {
  return { rev, state: "pending", attempts: 0, lastStatus: null, nextAt: now };
}

/** Returns the record after an attempt. @param status of the response; null without one */
export function attempted(
  record: WebhookRecord,
  status: number | null,
  now: number,
): WebhookRecord {
  const { attempts } = record;
  const after = { ...record, attempts: attempts + 1, lastStatus: status };
  if (status !== null && status >= 200 && status < 300) {
    return { ...after, state: "delivered", nextAt: null };
  }
  const wait = status === GONE ? undefined : RETRY_MS[attempts];
  if (wait === undefined) return { ...after, state: "failed", nextAt: null };
  return { ...after, nextAt: now + wait };
}

/** Returns the record of an event that is sent no more. */
export function ended(record: WebhookRecord): WebhookRecord {
  return record.state === "pending" ? { ...record, state: "failed", nextAt: null } : record;
}

/**
 * Returns the time at which the next event is due; Infinity if there is none. A batch may be cancelled
 * after its end, once a retry has made it active again.
 */
export function webhookDueAt({ batch: { webhook, cancelled, deletedAt } }: Tally): number {
  const isAnnounced = !cancelled && deletedAt === undefined;
  return isAnnounced ? (webhook?.nextAt ?? Infinity) : Infinity;
}
