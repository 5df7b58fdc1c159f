import { type BatchResource, DAY_MS, type Limits } from "../../protocol/index.ts";
import { claimsOf } from "../upload/grant.ts";

/** The end of a share link: a time in ms since 1970, or days after the upload. */
export type LinkEnd = { until: number } | { days: number };

/**
 * Returns when a share link ends: with its token, or with the batch's files if they are deleted before.
 *
 * @param batch null before the server has reported it
 * @param now in ms since 1970
 * @returns null if the token doesn't say
 */
export function linkEnd(
  token: string,
  batch: Pick<BatchResource, "keepUntil"> | null,
  limits: Pick<Limits, "keepDays"> | undefined,
  now: number,
): LinkEnd | null {
  const { exp } = claimsOf(token);
  if (exp === undefined) return null;
  const until = exp * 1000;
  if (typeof batch?.keepUntil === "string")
    return { until: Math.min(until, Date.parse(batch.keepUntil)) };
  const { keepDays } = limits ?? {};
  // The days count from the end of the batch, which isn't known yet.
  if (typeof keepDays === "number" && now + keepDays * DAY_MS < until) return { days: keepDays };
  return { until };
}

/** True if the link has expired. */
export function hasLinkExpired(token: string, now: number): boolean {
  return (claimsOf(token).exp ?? Infinity) * 1000 <= now;
}
