const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a batch's tokens open it at least: what goes on renews the batch, and not its tokens. */
const TOKEN_DAYS = 37;
/** How long an anonymous owner can come back to see their batches. */
const OWNER_DAYS = 365;

/**
 * When a new batch's tokens stop opening it: after its own time, and that in which one can look at what
 * has become of it.
 *
 * @returns seconds since 1970, as JWT counts
 */
export function tokenExpiry({ BATCH_DAYS, RECORD_DAYS }: Env): number {
  return secondsFromNow(Math.max(TOKEN_DAYS, Number(BATCH_DAYS) + Number(RECORD_DAYS)));
}

/** Seconds since 1970, as JWT counts. */
export function ownerExpiry(): number {
  return secondsFromNow(OWNER_DAYS);
}

function secondsFromNow(days: number): number {
  return Math.floor((Date.now() + days * DAY_MS) / 1000);
}
