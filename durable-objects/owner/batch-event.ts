import { type Account, findBatch, isOpen, isTrimmed, type OwnedBatch, without } from "./account.ts";
import { atLeast, atMost, excess, NOTHING, sum, total } from "./amount.ts";
import { countedOn, putCounted } from "./day-count.ts";
import type { BatchEvent } from "./messages.ts";
import { withoutCalls } from "./reservations.ts";

/** Applies an event of a batch, unless it is late. Any event confirms that the batch exists. */
export function withBatchEvent(account: Account, event: BatchEvent): Account {
  const known = findBatch(account, event.id);
  if (known ? isLate(known, event) : isForgotten(account, event)) return account;
  const { id, createdAt, state, files, rev } = event;
  const batch: OwnedBatch = {
    ...confirmed(known),
    id,
    createdAt,
    files,
    rev,
    used: usedAfter(known, event),
    state: state === "removed" ? "cancelled" : state,
    pending: pendingAfter(known, event),
    ...reopeningAfter(known, event),
  };
  const settled = putCounted(account, batch, countedAfter(account, known, batch));
  return state === "removed" ? without(settled, id) : settled;
}

/** True for an event that was sent before others, or before the batch was reopened. */
function isLate({ rev, reopening }: OwnedBatch, event: BatchEvent): boolean {
  return rev > event.rev || (reopening !== undefined && event.rev <= reopening.rev);
}

/** A completed batch that changes, but not its end, may still become active again as its owner has allowed. */
function reopeningAfter(
  known: OwnedBatch | undefined,
  { state, end = Infinity }: BatchEvent,
): Partial<Pick<OwnedBatch, "reopening" | "state">> {
  const { reopening } = known ?? {};
  if (!known || !reopening || state !== "completed" || end > reopening.rev) return {};
  return { reopening, state: known.state };
}

/** True for the event of a batch that needs not be listed. */
function isForgotten(account: Account, event: BatchEvent): boolean {
  return event.state === "removed" || (!isOpen(event) && isTrimmed(account, event));
}

function confirmed(known: OwnedBatch | undefined): Partial<OwnedBatch> {
  const { isUnconfirmed: _, reopening: __, ...rest } = known ?? {};
  return rest;
}

/** Reservations of an ended batch are released: what it has stored is in the event. */
function pendingAfter(known: OwnedBatch | undefined, event: BatchEvent) {
  return isOpen(event) ? withoutCalls(known ?? {}, new Set(event.calls)) : {};
}

/**
 * Returns the quota that a batch uses after an event. Files that can't be sent any more return theirs
 * when the batch has ended. A failed file that may be retried keeps its quota.
 */
function usedAfter(known: OwnedBatch | undefined, event: BatchEvent) {
  const { completed, counted } = event;
  if (!isOpen(event)) return counted ?? completed;
  // The batch may have stored more than was reserved: its reservation may have been released.
  const pending = total(Object.values(pendingAfter(known, event)));
  return atLeast(known?.used ?? NOTHING, sum(counted ?? NOTHING, pending));
}

function countedAfter(account: Account, known: OwnedBatch | undefined, { used }: OwnedBatch) {
  const more = excess(used, known?.used ?? NOTHING);
  return atMost(sum(countedOn(known, account.day), more), used);
}
