import { UploadSession } from "./session.ts";

/** Returns the class of sessions. `#session` is this module, unless the build loads it on demand. */
export function loadSession(): Promise<typeof UploadSession> {
  return Promise.resolve(UploadSession);
}
