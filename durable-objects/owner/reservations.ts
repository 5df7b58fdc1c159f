import { MINUTE_MS } from "../../protocol/index.ts";
import type { Amount } from "./messages.ts";

/** Time after which a reservation is released that the batch has not confirmed. */
const RESERVATION_MS = 10 * MINUTE_MS;

/**
 * Reservations of one owner that are kept by name, as the account is one value. Another one stays until
 * the batch ends, and its call, if repeated, is counted again.
 */
const MAX_PENDING = 1000;

/** Quota for files that a call is about to declare. */
interface Reservation extends Amount {
  /** In ms since 1970. */
  at: number;
}

/** By the name of the declaring call. */
export type PendingReservations = Readonly<Record<string, Reservation>>;

export function isExpired(at: number, now: number): boolean {
  return at + RESERVATION_MS <= now;
}

/** True if no further reservation is kept by name. @param kept those of the owner's batches */
export function isFull(kept: readonly (PendingReservations | undefined)[]): boolean {
  const count = kept.reduce((sum, pending = {}) => sum + Object.keys(pending).length, 0);
  return count >= MAX_PENDING;
}

export function withoutCalls(
  pending: PendingReservations,
  calls: ReadonlySet<string>,
): PendingReservations {
  return Object.fromEntries(Object.entries(pending).filter(([call]) => !calls.has(call)));
}
