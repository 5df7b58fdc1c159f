import { DAY_MS, MINUTE_MS } from "../../protocol/index.ts";
import type { Account } from "./account.ts";
import { isNothing } from "./amount.ts";
import { dayOf } from "./day-count.ts";
import { firstExpiry } from "./reservations.ts";

/** Time for which an account that holds nothing remains: another call often follows. */
const EMPTY_MS = MINUTE_MS;

/** True if an account holds nothing, so that it needs not be stored. */
export function isBlank({ batches, used, endsAt }: Account): boolean {
  return batches.length === 0 && isNothing(used) && endsAt === undefined;
}

/**
 * True if nothing needs the account any more. The quota that is used today counts until midnight, also that
 * of an owner whose token has expired: the tokens of their batches are valid for longer, and declare files.
 */
export function isOver(account: Account, now: number): boolean {
  return isNothing(account.used) && hasEnded(account, now);
}

function hasEnded({ batches, endsAt = Infinity }: Account, now: number): boolean {
  return endsAt <= now || batches.length === 0;
}

/** Returns the time at which the account has to be looked at; Infinity for never. */
export function nextCheck(account: Account, now: number): number {
  const { used, endsAt = Infinity } = account;
  if (!hasEnded(account, now)) return Math.min(endsAt, firstExpiry(account));
  return isNothing(used) ? now + EMPTY_MS : (dayOf(now) + 1) * DAY_MS;
}
