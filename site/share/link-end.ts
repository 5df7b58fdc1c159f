import { type BatchResource, DAY_MS, isBatchOver, type Limits } from "../../protocol/index.ts";
import { claimsOf } from "../upload/grant.ts";

/** The end of a share link: a time in ms since 1970, or days after the upload. */
export type LinkEnd = { until: number } | { days: number };

/** A batch as the server has described it. */
type Reported = Pick<BatchResource, "state" | "keepUntil">;

/**
 * Returns when a share link ends: with its token, or with the batch's files if they are deleted before.
 *
 * @param batch null before the server has reported it
 * @param limits the batch's; undefined for its recipients
 * @param now in ms since 1970
 * @returns null if that isn't known: only its sender is told for how long an unfinished batch will be kept
 */
export function linkEnd(
  token: string,
  batch: Reported | null,
  limits: Pick<Limits, "keepDays"> | undefined,
  now: number,
): LinkEnd | null {
  const { exp } = claimsOf(token);
  if (exp === undefined) return null;
  const until = exp * 1000;
  if (batch !== null && isBatchOver(batch.state))
    return { until: Math.min(until, timeOf(batch.keepUntil)) };
  if (limits?.keepDays === undefined) return null;
  const { keepDays } = limits;
  // The days count from the end of the batch, which isn't known yet.
  if (keepDays !== null && now + keepDays * DAY_MS < until) return { days: keepDays };
  return { until };
}

function timeOf(keepUntil: Reported["keepUntil"]): number {
  return typeof keepUntil === "string" ? Date.parse(keepUntil) : Infinity;
}

/** True if the link has expired. */
export function hasLinkExpired(token: string, now: number): boolean {
  return (claimsOf(token).exp ?? Infinity) * 1000 <= now;
}
