import type { Uploader } from "../../client/index.ts";

const KEY = "tallyman:owner";

// Without browser storage, each batch gets an owner of its own.

/** Returns the token of this browser's owner; undefined before the first batch. */
export function ownerToken(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function saveOwnerToken(token: string): void {
  try {
    localStorage.setItem(KEY, token);
  } catch {
    // The next batch gets another owner.
  }
}

/** Deletes a token that the server refused, unless it has been replaced meanwhile. */
export function forgetOwnerToken(refused: string): void {
  if (ownerToken() === refused) localStorage.removeItem(KEY);
}

/**
 * Saves the owner token of a new batch. If the server refuses the saved token, deletes it and retries.
 *
 * @param retry creates the batch again. Called once: the token may be expired, or signed with an
 *   earlier secret.
 */
export function trackOwner(
  uploader: Pick<Uploader, "resumableBatch" | "created" | "on">,
  retry: () => void,
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
    retry();
  });
}
