import type { ClientCode } from "../../client/index.ts";

/** A wait that the server asked for. */
export interface Wait {
  ms: number;
  /** Its end, in milliseconds since 1970 by this device's clock. */
  until: number;
  /** The reason, such as `rate_limited` or `quota_exceeded`. */
  code: ClientCode | null;
}

/** Returns the wait that begins now; null for none. */
export function waitOf(ms: number | null, code: ClientCode | null): Wait | null {
  return ms === null ? null : { ms, until: Date.now() + ms, code };
}
