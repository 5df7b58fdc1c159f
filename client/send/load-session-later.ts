import { connectionFailed } from "../errors.ts";
import { isThrownByScript } from "../thrown-by-script.ts";
import type { UploadSession } from "./session.ts";

const load = () => import("./session.ts");

/**
 * Loads at once, in parallel with what the page shows first. The script that
 * the page waits for stays small, and sessions start only once files have been chosen.
 */
const loading = load();
// `loadSession` reports the error, if files are added at all.
loading.catch(() => undefined);

/**
 * Returns the class of sessions.
 *
 * @throws ProblemError `connection_failed` if its script doesn't load, or the error that it throws
 */
export async function loadSession(): Promise<typeof UploadSession> {
  try {
    return (await loading).UploadSession;
  } catch (cause) {
    if (await isThrownByScript(load, cause)) throw cause;
    // Browsers that cache a failed import (https://github.com/whatwg/html/issues/6768) never repeat it.
    throw connectionFailed(new Error("A part of this page didn't load. Reload it.", { cause }));
  }
}
