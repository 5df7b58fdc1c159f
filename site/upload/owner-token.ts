import type { Uploader } from "../../client/index.ts";

const KEY = "tallyman:owner";

// A browser may keep nothing for a page: then each of its batches has an owner of its own.

/** What tells the server whose batches this browser makes; undefined before the first one. */
export function ownerToken(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the token that came with a batch. */
function saveOwnerToken(token: string): void {
  try {
    localStorage.setItem(KEY, token);
  } catch {
    // The next batch has another owner.
  }
}

/** Forgets a token that the server has refused. By then another one may have taken its place. */
export function forgetOwnerToken(refused: string): void {
  if (ownerToken() === refused) localStorage.removeItem(KEY);
}

/**
 * Keeps the owner's token of a new batch.
 *
 * @param again makes the batch again, once: the token may have been too old, or of another secret
 */
export function trackOwner(
  uploader: Pick<Uploader, "resumableBatch" | "created" | "on">,
  again: () => void,
): void {
  let sent = ownerToken();
  uploader.on("files", () => {
    const owner = uploader.created?.tokens.owner;
    if (owner !== undefined) saveOwnerToken(owner);
  });
  uploader.on("problem", ({ code }) => {
    if (code !== "unauthorized" || uploader.resumableBatch || sent === undefined) return;
    forgetOwnerToken(sent);
    sent = undefined;
    again();
  });
}
