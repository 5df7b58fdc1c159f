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

/** True if nothing needs the account any more. The quota that is used today counts until midnight. */
export function isOver({ batches, used, endsAt = Infinity }: Account, now: number): boolean {
  return endsAt <= now || (batches.length === 0 && isNothing(used));
}

/** Returns the time at which the account has to be looked at; Infinity for never. */
export function nextCheck(account: Account, now: number): number {
  const { batches, used, endsAt = Infinity } = account;
  const tomorrow = (dayOf(now) + 1) * DAY_MS;
  const emptyUntil = isNothing(used) ? now + EMPTY_MS : tomorrow;
  return Math.min(endsAt, batches.length === 0 ? emptyUntil : firstExpiry(account));
}
