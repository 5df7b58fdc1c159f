/** The server's time minus `performance.now()`, in milliseconds; null before the first response. */
let aheadMs: number | null = null;

/**
 * Learns the server's time from a response that has just arrived.
 *
 * @param date its `Date`. A header that is missing or no date changes nothing
 */
export function learnServerTime(date: string | null): void {
  const now = Date.parse(date ?? "");
  if (!Number.isNaN(now)) aheadMs = now - performance.now();
}

/**
 * Returns the server's time in milliseconds since 1970, to a few seconds. Times in responses and tokens
 * are compared with it, as this device's clock may be wrong by days, and may be set at any moment. Before
 * the first response, it's this device's.
 */
export function serverNow(): number {
  return aheadMs === null ? Date.now() : aheadMs + performance.now();
}
