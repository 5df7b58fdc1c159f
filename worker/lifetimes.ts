const DAY_MS = 24 * 60 * 60 * 1000;

/** How long its tokens open it: the batch's own time and a month to look at what has become of it. */
const TOKEN_DAYS = 37;
/** How long an anonymous owner can come back to see their batches. */
const OWNER_DAYS = 365;

/** Seconds since 1970, as JWT counts. */
export function tokenExpiry(): number {
  return secondsFromNow(TOKEN_DAYS);
}

/** Seconds since 1970, as JWT counts. */
export function ownerExpiry(): number {
  return secondsFromNow(OWNER_DAYS);
}

function secondsFromNow(days: number): number {
  return Math.floor((Date.now() + days * DAY_MS) / 1000);
}
